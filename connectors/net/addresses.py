"""Which addresses a flow may call: public ones, and those that the settings name.

A flow's author chooses addresses, and customers' words may end up in them. Without this guard the
product would fetch its neighbours' admin pages and the cloud's metadata service for anybody.
"""

from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})

# Carry an IPv4 address within: NAT64 (RFC 6052), its local form (RFC 8215), IPv4-compatible (4291).
_WRAPPERS = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/96"), IPv6Network("::/96"))


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public Internet, also when it wraps an IPv4 one."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        inner = _wrapped(ip)
        if inner is not None:
            return is_public(str(inner))
        if ip.is_site_local:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def _wrapped(ip: IPv6Address) -> IPv4Address | None:
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip.teredo is not None:
        return ip.teredo[1]
    if any(ip in network for network in _WRAPPERS):
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return None


class AddressRule:
    """Public addresses, and `allowed`: hosts ("intranet.example") or hosts with a port."""

    def __init__(self, allowed: Collection[str] = ()) -> None:
        self._allowed = frozenset(entry.strip().lower() for entry in allowed)

    def names(self, host: str, port: int) -> bool:
        """Whether the settings name this very host, so that any address will do."""
        name = host.strip("[]").lower().rstrip(".")
        shown = f"[{name}]" if ":" in name else name
        return not self._allowed.isdisjoint((name, shown, f"{shown}:{port}"))


def parse_base_url(url: str) -> str:
    """A provider's root as it is used, without a slash at the end.

    ValueError with a sentence for people where it is not https (plain http only on loopback).
    """
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").lower()
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError("o endereço precisa começar com https://")
    if parts.query or parts.fragment or parts.username or parts.password:
        raise ValueError("o endereço não pode ter usuário, senha, '?' nem '#'")
    if parts.scheme == "http" and host not in LOOPBACK_NAMES:
        raise ValueError("http sem TLS só é aceito neste computador (127.0.0.1 ou localhost)")
    _ = parts.port  # raises ValueError where it is no port
    return url.strip().rstrip("/")


def parse_service_url(url: str) -> str:
    """The same for a server beside us: plain http is fine on a private network.

    That is loopback, an address that is not public, or a name without a dot (a container's).
    """
    parts = urlsplit(url.strip())
    if parts.scheme == "http" and parts.hostname and _is_near(parts.hostname):
        return parse_base_url("https" + url.strip()[4:]).replace("https", "http", 1)
    return parse_base_url(url)


def _is_near(host: str) -> bool:
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".local", ".internal", ".lan"))
