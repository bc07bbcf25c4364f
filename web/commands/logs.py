"""Logs go to standard error: lines for people, or JSON for collectors.

What people wrote is in none of them: call sites log ids, and exceptions lose the words that may
quote it (`failures.py`).
"""

import logging
import sys
from typing import Any, TextIO

import structlog

from web.commands.failures import Failures
from workers.settings import Settings

QUIET = ("httpx", "httpcore", "uvicorn", "dramatiq", "alembic", "asyncio", "openai")
"""Libraries whose every step would drown ours."""


def configure_logs(settings: Settings) -> None:
    """Once per process, before anything is logged."""
    as_json = is_json(settings)
    failures = Failures(settings.log_texts)
    level = getattr(logging, settings.log_level.upper())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    last: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=Lines(failures)
        )
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *([structlog.processors.ExceptionRenderer(failures)] if as_json else []),
            last,
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    # It tells of each try to reach a database that is away, with a traceback; we tell it shortly.
    logging.getLogger("asyncpg").setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def is_json(settings: Settings) -> bool:
    """`auto`: people read a terminal, and the product that is one process; collectors the rest."""
    if settings.log_format == "auto":
        return not settings.embedded and not sys.stderr.isatty()
    return settings.log_format == "json"


class Lines:
    """Writes exceptions beneath the line of a terminal."""

    def __init__(self, failures: Failures) -> None:
        self._failures = failures

    def __call__(self, out: TextIO, raised: Any) -> None:
        out.write("\n" + self._failures(raised))
