"""`flowengine policy`: how long what was said is kept, and when nothing leaves unasked."""

import argparse

from flowengine.store import policies
from web.commands.opened import Opened, configure_store, run_opened
from web.commands.output import bad_usage, json_line, text
from web.policies import keeping_of, quiet_of
from web.problems import Problem
from web.texts import TEXTS

FOREVER, NEVER = "forever", "never"


def configure(parser: argparse.ArgumentParser, _name: str) -> None:
    """Its arguments; without any it shows what stands."""
    parser.add_argument("--keep-months", metavar="N", help=f"messages and journal; or {FOREVER}")
    parser.add_argument("--keep-media-days", metavar="N", help=f"files; or {FOREVER}")
    parser.add_argument("--quiet", metavar="22:00-08:00", help=f"silent hours; or {NEVER}")
    configure_store(parser)


def run(arguments: argparse.Namespace) -> int:
    """Changes what is said, then shows all of it."""
    return run_opened(arguments, lambda opened: _policy(opened, arguments))


async def _policy(opened: Opened, arguments: argparse.Namespace) -> int:
    async with opened.database.worker(opened.tenant.id) as transaction:
        stands = await policies.policy(transaction)
        months = _number(arguments.keep_months, stands.keep_months)
        days = _number(arguments.keep_media_days, stands.keep_media_days)
        try:
            if arguments.keep_months or arguments.keep_media_days:
                await policies.set_keeping(transaction, *keeping_of(months, days))
            if arguments.quiet:
                await policies.set_quiet(transaction, *quiet_of(*_hours(arguments.quiet)))
        except Problem as problem:
            raise bad_usage(problem.said(TEXTS["en"])[0]) from None
        stands = await policies.policy(transaction)
    if arguments.json:
        json_line(stands)
        return 0
    quiet = f"{stands.quiet_from}-{stands.quiet_until}" if stands.quiet_from else NEVER
    text(f"messages and journal: {_months(stands.keep_months, 'months')}")
    text(f"files: {_months(stands.keep_media_days, 'days')}")
    text(f"quiet: {quiet} ({opened.tenant.timezone})")
    if stands.kept_from is not None:
        text(f"deleted by policy: everything before {stands.kept_from:%Y-%m-%d}")
    return 0


def _number(said: str | None, stands: int | None) -> int | None:
    if said is None:
        return stands
    if said == FOREVER:
        return None
    if not said.isdecimal():
        raise bad_usage(f"{said!r} is no number; or say {FOREVER}")
    return int(said)


def _hours(said: str) -> tuple[str, str]:
    if said == NEVER:
        return "", ""
    begins, _, ends = said.partition("-")
    return begins.strip(), ends.strip()


def _months(count: int | None, unit: str) -> str:
    return FOREVER if count is None else f"{count} {unit}"
