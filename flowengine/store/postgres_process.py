"""A PostgreSQL server process, and the thread that it lives as long as."""

import signal
import subprocess
from collections.abc import Sequence
from concurrent.futures import Future
from threading import Event, Thread

from flowengine.store.postgres_home import environment
from flowengine.store.postgres_log import Log


class Server:
    """A running server. Linux ends it with the thread that started it, so that one only waits."""

    def __init__(self, command: Sequence[str], log: Log) -> None:
        self.ended = Event()
        self._command = command
        self._log = log
        self._started: Future[subprocess.Popen[bytes]] = Future()
        Thread(target=self._live, name="postgres", daemon=True).start()
        self._process = self._started.result()

    @property
    def pid(self) -> int:
        """Its process id, the one in postmaster.pid."""
        return self._process.pid

    def signal(self, order: signal.Signals) -> None:
        """Send it a signal; nothing happens when it has ended."""
        self._process.send_signal(order)

    def _live(self) -> None:
        try:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                # The terminal's Ctrl-C is for us: we drain first, then stop it.
                start_new_session=True,
                env=environment(),
            )
        except BaseException as trouble:
            self.ended.set()
            self._started.set_exception(trouble)
            return
        self._started.set_result(process)
        with process:
            if process.stdout is not None:
                self._log.pump(process.stdout)
        self.ended.set()
