"""The two roles that the product works as, and how each reaches the owner's database."""

from urllib.parse import quote, urlsplit, urlunsplit

ROLES = ("flow_web", "flow_worker")


def role_dsn(dsn: str, role: str, password: str = "") -> str:
    """The same database for another role: `role_dsn("postgresql://o@h/db", "flow_web")`."""
    parts = urlsplit(dsn)
    place = parts.netloc.rpartition("@")[2]
    user = f"{quote(role)}:{quote(password, safe='')}" if password else quote(role)
    return urlunsplit(parts._replace(netloc=f"{user}@{place}"))
