"""What the table of access cannot see: doors beside the framework's routes, each known by name."""

from datetime import UTC, datetime

from litestar.routes import HTTPRoute

from web.app import create_app
from web.runtime import Boot, Runtime

BESIDE = {"/sim"}
"""The simulator's provider: it asks for a line's own token (`connectors/simulator`)."""


def test_a_door_of_another_kind_is_known_by_name() -> None:
    """A websocket or a plain ASGI mount that is new needs a look at who may pass, and a test."""
    app = create_app(Runtime(Boot("x"), datetime.now(UTC), "0"))
    other = {route.path for route in app.routes if not isinstance(route, HTTPRoute)}
    assert other == BESIDE
