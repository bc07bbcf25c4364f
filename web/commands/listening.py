"""The port: opened before anything else is there, so that a page can say what is awaited."""

import asyncio
import contextlib
import errno
import signal
import socket
from collections.abc import Generator, Sequence

import uvicorn
from litestar import Litestar

from web.commands.output import CommandError, bad_usage

NEXT_PORTS = 50
"""Ports after the wanted one that are tried, if it is in use."""

GRACE = 5
"""Seconds that open requests have to end when the process stops; live streams never do."""


class Server(uvicorn.Server):
    """Signals are ours: the whole product stops in its order, not just the web server."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def open_socket(host: str, port: int) -> socket.socket:
    """A listening socket on the port, or on the next free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for wanted in range(port, min(port + NEXT_PORTS, 65536)):
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, wanted))
            listener.listen(2048)
        except OSError as error:
            listener.close()
            if error.errno == errno.EADDRINUSE or error.errno == errno.EACCES:
                continue
            raise bad_usage(
                f"FLOWENGINE_HOST={host} não serve: {error.strerror}. Use um endereço desta máquina"
            ) from None
        listener.setblocking(False)
        return listener
    raise CommandError(f"as portas de {port} a {port + NEXT_PORTS - 1} estão todas ocupadas")


def address(listener: socket.socket) -> str:
    """How this machine reaches it: loopback where it listens everywhere."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - read, not bound
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def make_server(app: Litestar, proxies: Sequence[str]) -> Server:
    """A web server of one process; its logs are ours.

    `proxies`: who may tell the customer's address, and whether they came by https.
    """
    return Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE,
            forwarded_allow_ips=list(proxies),
        )
    )


def listen_for_stop(stop: asyncio.Event) -> None:
    """SIGTERM and SIGINT ask to stop, however often they come."""
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
