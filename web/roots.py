"""Where links begin that leave the page. Who has such a link is let in, so its host must be ours.

A request's own host is what whoever asks says: with a stranger's `Host` a real letter would carry
the victim's link to a stranger's server. So letters go by FLOWENGINE_PUBLIC_URL only (settings
demand it together with the mail server). A link that is shown to the admin who made it may go by
their own address bar, where that can only be this machine or its network.
"""

import socket
from ipaddress import ip_address

from web.problems import Problem
from web.request import AnyRequest, runtime
from web.texts import _

NEAR = (".localhost", ".local", ".internal", ".home.arpa", ".lan")
"""Ends of names that no public server can have, or that nobody can register."""


def letter_root(request: AnyRequest) -> str:
    """For letters: the public address, whatever the request calls us."""
    root = runtime(request).public_url
    if not root:
        raise LookupError("letters need FLOWENGINE_PUBLIC_URL, which settings demand")
    return root.rstrip("/")


def page_root(request: AnyRequest) -> str:
    """For a link shown on a page: the public address, else the request's own host if it is ours.

    Raises `Problem` where it could be anybody's.
    """
    root = runtime(request).public_url or str(request.base_url)
    if not runtime(request).public_url and not is_near(request.base_url.hostname or ""):
        raise Problem(
            _("Não dá para saber se este endereço é mesmo deste servidor."),
            status=409,
            mend=_("Quem cuida do servidor define FLOWENGINE_PUBLIC_URL; depois gere o link."),
        )
    return root.rstrip("/")


def is_near(host: str) -> bool:
    """Whether a host can only be this machine or one of its network.

    Addresses that are not public, names without a dot, names that nobody can register, and the
    machine's own name.
    """
    host = host.lower().rstrip(".")
    try:
        return not ip_address(host.strip("[]")).is_global
    except ValueError:
        return "." not in host or host.endswith(NEAR) or host == socket.gethostname().lower()
