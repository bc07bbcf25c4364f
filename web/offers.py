"""What a page offers somebody: no form and no button that `web.access` would refuse them."""

import re
from functools import cache, lru_cache

from jinja2.runtime import Context

from flowengine.store.accounts import ROLES
from web.access import ACCESS
from web.request import Me

KEPT = 4096
"""Addresses whose role is remembered."""


@cache
def _routes() -> dict[int, list[tuple[re.Pattern[str], str]]]:
    """What is posted to, by how many parts its path has; as exact ones come first they win."""
    found: dict[int, list[tuple[re.Pattern[str], str]]] = {}
    posts = [route for route in ACCESS if route.startswith("POST ")]
    for route in sorted(posts, key=lambda each: each.count("{")):
        path = route.removeprefix("POST ")
        shape = re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)))
        found.setdefault(path.count("/"), []).append((shape, ACCESS[route]))
    return found


@lru_cache(KEPT)
def least(path: str) -> str:
    """The role that a POST to `path` asks for; "" where it is everybody's or nobody's."""
    for shape, role in _routes().get(path.count("/"), ()):
        if shape.fullmatch(path):
            return role if role in ROLES else ""
    return ""


def may(context: Context, path: str) -> bool:
    """Whether the reader of a page may post to `path`; strangers see what is public only."""
    me: Me | None = context["me"]
    asked = least(path.partition("?")[0])
    return me is None or not asked or ROLES.index(me.role) >= ROLES.index(asked)
