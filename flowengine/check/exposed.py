"""Proof about secrets: none is typed into a flow, which is exported, shared and shown to many."""

from collections.abc import Iterator

import re2

from flowengine.check.finding import Finding
from flowengine.check.places import places
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


def exposed(subject: Subject) -> Iterator[Finding]:
    """Texts that look like keys and tokens, and headers that carry one."""
    for node_id, node in subject.nodes.items():
        base = subject.path(node_id)
        told: set[str] = set()
        for place in places(node):
            if place.kind == "template" and _SECRET.search(place.source) is not None:
                told.add(place.path)
                yield Finding("typed_secret", node_id, path=base + place.path)
        if isinstance(node, Http):
            for name, value in node.headers.items():
                path = f"/headers/{name}"
                if path not in told and _is_token(name, value):
                    yield Finding("typed_secret", node_id, path=base + path)


def _is_token(header: str, value: str) -> bool:
    if "{{" in value:
        return False
    if _TOKEN.match(value) is not None:
        return True
    numbered = any(char.isdigit() for char in value)
    return header.lower() in _HEADERS and numbered and _KEY.match(value) is not None
