"""The HTTP server of the fakes, by its old name."""

from connectors.net.serving import Connection, Listener, Reply, Request

__all__ = ["Connection", "Listener", "Reply", "Request"]
