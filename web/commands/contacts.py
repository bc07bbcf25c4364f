"""`flowengine contacts erase | erased | merge`: what cannot be taken back, from a terminal."""

import argparse
from uuid import UUID

from flowengine.messages import Identity
from flowengine.store import auditing, contacts, erasing, merging
from flowengine.store.errors import InUse, NotFound
from flowengine.store.transaction import Transaction
from web.commands.opened import Opened, configure_store, run_opened
from web.commands.output import CommandError, bad_usage, json_line, text


def configure(parser: argparse.ArgumentParser, _name: str) -> None:
    """Its arguments."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="erase | erased | merge")
    erase = acts.add_parser("erase", help="delete everything of a person, for good")
    erase.add_argument("who", metavar="WHO", help="a contact's id, or its phone (+55…)")
    erase.add_argument("--yes", action="store_true", help="yes, for good")
    configure_store(erase)
    erased = acts.add_parser("erased", help="who was erased, and when: numbers only")
    configure_store(erased)
    merge = acts.add_parser("merge", help="two contacts are one person")
    merge.add_argument("keep", metavar="KEEP", help="the contact that stays: its id or phone")
    merge.add_argument("other", metavar="OTHER", help="the one that goes into it")
    merge.add_argument("--yes", action="store_true", help="yes, for good")
    configure_store(merge)


def run(arguments: argparse.Namespace) -> int:
    """`erase` and `merge` end with a line of what there was."""
    if arguments.act == "erased":
        return run_opened(arguments, lambda opened: _erased(opened, arguments))
    if not arguments.yes:
        raise bad_usage(f"{arguments.act} cannot be taken back: say --yes")
    if arguments.act == "erase":
        return run_opened(arguments, lambda opened: _erase(opened, arguments))
    return run_opened(arguments, lambda opened: _merge(opened, arguments))


async def _erase(opened: Opened, arguments: argparse.Namespace) -> int:
    async with opened.database.worker(opened.tenant.id) as transaction:
        who = await _who(transaction, arguments.who)
        gone = await erasing.erase(transaction, who)
        await auditing.note(transaction, "contacts", str(who), "erased", {**gone.counters})
    _show(gone, arguments.json)
    return 0


async def _erased(opened: Opened, arguments: argparse.Namespace) -> int:
    async with opened.database.worker(opened.tenant.id) as transaction:
        for stone in await erasing.tombstones(transaction, limit=10_000):
            _show(stone, arguments.json)
    return 0


def _show(stone: erasing.Tombstone, as_json: bool) -> None:
    if as_json:
        json_line({"id": str(stone.id), "at": stone.at.isoformat(), **stone.counters})
        return
    numbers = ", ".join(f"{name} {count}" for name, count in stone.counters.items())
    text(f"{stone.id}  erased {stone.at:%Y-%m-%d %H:%M}  {numbers}")


async def _merge(opened: Opened, arguments: argparse.Namespace) -> int:
    async with opened.database.worker(opened.tenant.id) as transaction:
        keep = await _who(transaction, arguments.keep)
        other = await _who(transaction, arguments.other)
        try:
            done = await merging.merge(transaction, keep, other)
        except InUse as error:
            raise CommandError(str(error)) from None
        became = {"other": str(other), "moved": done.moved, "joined": done.joined}
        await auditing.note(transaction, "contacts", str(keep), "merged", became)
    if arguments.json:
        json_line({"contact": str(keep), "moved": done.moved, "joined": done.joined})
    else:
        text(f"{other} is {keep} now: {done.moved} conversations moved, {done.joined} joined")
    return 0


async def _who(transaction: Transaction, text_: str) -> UUID:
    """A contact by its id or its phone."""
    try:
        return UUID(text_)
    except ValueError:
        number = "+" + "".join(each for each in text_ if each.isdigit())
    found = await contacts.contact_of(transaction, Identity("phone", number))
    if found is None:
        raise NotFound(f"contact {text_}")
    return found
