"""`flowengine chaos`: everything is killed at random while customers write, and nothing is lost.

Exit code 0 where nothing was lost, doubled or out of order, every transcript is what the pure
engine makes of the journal, and nothing is left undone; else 1.
"""

import argparse
import asyncio
import logging
import signal
from pathlib import Path

from web.commands.chaos_run import Outcome, Plan, run_chaos
from web.commands.output import bad_usage, json_line, note, text

CALM = 0.6
"""The share of `--minutes` that there may be beside the killing, to come to rest."""

SHOWN = 20
"""Faults that are shown to the letter."""


def configure(parser: argparse.ArgumentParser, _name: str) -> None:
    """Its arguments."""
    parser.description = (
        "Customers chat with a flow while workers, web, Redis and PostgreSQL are killed with -9 "
        "and started again, webhooks come late, doubled, in batches and out of order, and the "
        "provider answers slowly, with 429, with 500, or not at all. In the end every transcript "
        "must be what the pure engine makes of the journal. It brings its own PostgreSQL, Redis "
        "and provider in a temporary folder, and touches nothing else."
    )
    parser.add_argument("--conversations", type=int, default=1000, help="customers (1000)")
    parser.add_argument("--seed", type=int, default=1, help="of all that is drawn (1)")
    parser.add_argument(
        "--minutes", type=float, default=5.0,
        help="of killing at the most (5); coming to rest takes up to 0.6 times as long",
    )  # fmt: skip
    parser.add_argument("--logs", type=Path, help="a folder that gets the logs of all processes")
    parser.add_argument("--json", action="store_true", help="JSON lines, the verdict last")


def run(arguments: argparse.Namespace) -> int:
    """Plays it; the last line is the verdict."""
    if arguments.conversations < 1 or arguments.minutes <= 0:
        raise bad_usage("--conversations and --minutes must be more than nothing")
    # Its pool tells of each lost connection, with a traceback; they are lost on purpose.
    logging.getLogger("asyncpg").setLevel(logging.CRITICAL)
    seconds = arguments.minutes * 60
    plan = Plan(arguments.conversations, arguments.seed, seconds, max(60.0, seconds * CALM))
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        outcome = runner.run(_until_told(plan, arguments.logs, loop))
    if outcome is None:
        return 143
    show(plan, outcome, arguments.json)
    return 0 if outcome.tally.clean else 1


async def _until_told(
    plan: Plan, logs: Path | None, loop: asyncio.AbstractEventLoop
) -> Outcome | None:
    """The run; None where SIGTERM ended it (Ctrl-C is the runner's business)."""
    playing = asyncio.create_task(run_chaos(plan, logs))
    loop.add_signal_handler(signal.SIGTERM, playing.cancel)
    try:
        return await playing
    except asyncio.CancelledError:
        if playing.cancelled():
            return None
        raise


def show(plan: Plan, outcome: Outcome, as_json: bool) -> None:
    """The figures, the first faults, the verdict."""
    tally = outcome.tally
    if as_json:
        json_line({"type": "figures", **outcome.figures})
        for fault in tally.faults[:SHOWN]:
            json_line({"type": "fault", "what": fault})
    else:
        for name, value in outcome.figures.items():
            text(f"{name:<20} {value}")
        for fault in tally.faults[:SHOWN]:
            note(f"fault: {fault}")
    json_line(
        {
            "conversations": plan.conversations,
            "turns": outcome.turns,
            "kills": outcome.kills,
            "lost": tally.lost,
            "doubled": tally.doubled,
            "out_of_order": tally.out_of_order,
        }
    )
