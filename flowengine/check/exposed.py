"""Proof about secrets: none is typed into a flow, which is exported, shared and shown to many."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import msgspec
import re2

from flowengine.check.finding import Finding, pointer
from flowengine.check.subject import Subject
from flowengine.nodes import Http

_SECRET = re2.compile(
    r"\b(sk-[A-Za-z0-9_-]{20,}"  # OpenAI and its kin
    r"|[sr]k_(live|test)_[A-Za-z0-9]{16,}"  # Stripe
    r"|EAA[A-Za-z0-9]{40,}"  # Meta
    r"|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,}"
    r"|xox[abprs]-[A-Za-z0-9-]{20,}"  # Slack
    r"|AKIA[0-9A-Z]{16}|AIza[0-9A-Za-z_-]{35}"  # AWS, Google
    r"|APP_USR-[0-9]+-[0-9a-z-]{20,}"  # Mercado Pago
    r"|eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,})"  # a signed token
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)

_TOKEN = re2.compile(r"(?i)^\s*(bearer|basic|token)\s+[A-Za-z0-9+/._=-]{12,}\s*$")

_HEADERS = frozenset({"authorization", "x-api-key", "api-key", "apikey", "x-auth-token"})

_KEY = re2.compile(r"^[A-Za-z0-9+/._=-]{16,}$")


_NAMES = frozenset(
    {"apikey", "accesstoken", "refreshtoken", "authtoken", "clientsecret", "secret", "token"}
    | {"password", "passwd", "senha"}
)
"""Fields whose value is a secret, without their dashes and underscores."""

_IN_ADDRESS = re2.compile(r"^[a-z]+://[^/@\s{}]*:[^/@\s{}]{4,}@")
"""A password in an address: https://ana:1234@…"""


def exposed(subject: Subject) -> Iterator[Finding]:
    """Texts that look like keys and tokens, and calls that carry one."""
    for node_id, node in subject.nodes.items():
        base = subject.path(node_id)
        told: set[str] = set()
        for text, path in _texts(msgspec.to_builtins(node), ""):
            if _SECRET.search(text) is not None:
                told.add(path)
                yield Finding("typed_secret", node_id, path=base + path)
        for path in _carried(node) if isinstance(node, Http) else ():
            if path not in told:
                told.add(path)
                yield Finding("typed_secret", node_id, path=base + path)


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every text in a node, notes and what models are told included: all of it is exported."""
    if isinstance(value, str):
        yield value, path
    elif isinstance(value, Mapping):
        for name, inner in cast("Mapping[str, Any]", value).items():
            yield from _texts(inner, path + pointer(name))
    elif isinstance(value, list | tuple):
        for at, inner in enumerate(cast("list[Any]", value)):
            yield from _texts(inner, f"{path}/{at}")


def _carried(node: Http) -> Iterator[str]:
    """Where a call carries what is a secret by the name of its place."""
    for name, value in node.headers.items():
        if _is_token(name, value):
            yield pointer("headers", name)
    query = node.url.partition("?")[2].partition("#")[0]
    pairs = (pair.partition("=") for pair in query.split("&"))
    if _IN_ADDRESS.match(node.url) or any(_is_secret(name, value) for name, _, value in pairs):
        yield "/url"
    yield from _inside(node.query, "/query")
    yield from _inside(node.body, "/body")


def _inside(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in cast("Mapping[str, Any]", value).items():
            below = path + pointer(name)
            if isinstance(inner, str) and _is_secret(name, inner):
                yield below
            yield from _inside(inner, below)
    elif isinstance(value, list | tuple):
        for at, inner in enumerate(cast("list[Any]", value)):
            yield from _inside(inner, f"{path}/{at}")


def _is_secret(name: str, value: str) -> bool:
    """A word of eight characters or more, a digit among them, where a secret belongs."""
    if "{" in value or name.lower().replace("_", "").replace("-", "") not in _NAMES:
        return False
    numbered = any(char.isdigit() for char in value)
    return len(value) >= 8 and numbered and not any(char.isspace() for char in value)


def _is_token(header: str, value: str) -> bool:
    if "{{" in value:
        return False
    if _TOKEN.match(value) is not None:
        return True
    numbered = any(char.isdigit() for char in value)
    return header.lower() in _HEADERS and numbered and _KEY.match(value) is not None
