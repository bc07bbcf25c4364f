"""`flowengine export` and `flowengine import`: flows out of a workspace, and into it."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from flowengine.check import check
from flowengine.document import canonical, whole_hash
from flowengine.flow import Flow
from flowengine.issue import Issue, has_errors
from flowengine.store import flows
from flowengine.store.database import Transaction
from flowengine.store.flows import NewVersion
from web.commands.files import read_flow
from web.commands.opened import Opened, configure_store, run_opened
from web.commands.output import CommandError, json_line, note, text
from web.editor.callers import callers_of
from web.publishing import surroundings, version_of
from web.texts import TEXTS, choose_language


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Their arguments."""
    parser.set_defaults(name=name)
    if name == "export":
        parser.add_argument("key", metavar="KEY")
        parser.add_argument("--draft", action="store_true", help="the draft, not what is published")
    else:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--publish", action="store_true", help="where check finds no errors")
        parser.add_argument("--language", default="pt-BR", help="of the findings: pt, en or es")
    configure_store(parser)


def run(arguments: argparse.Namespace) -> int:
    """Prints the document; or a line `{"key", "version", "hash", "published"}` a flow."""
    if arguments.name == "export":
        return run_opened(arguments, lambda opened: _export(opened, arguments))
    documents = [read_flow(path) for path in arguments.files]
    return run_opened(arguments, lambda opened: _import(opened, documents, arguments))


async def _export(opened: Opened, arguments: argparse.Namespace) -> int:
    async with opened.database.worker(opened.tenant.id) as transaction:
        document = await _document(transaction, arguments.key, arguments.draft)
    shown = document if arguments.json else msgspec.json.format(document, indent=2)
    text(shown.decode())
    return 0


async def _document(transaction: Transaction, key: str, draft: bool) -> bytes:
    """What is published, as canonical bytes; the draft where nothing is."""
    row = next((row for row in await flows.flows(transaction) if row.key == key), None)
    if row is None:
        raise CommandError(f"there is no flow {key!r} in this workspace")
    if draft or row.version is None:
        return (await flows.draft(transaction, key)).document
    return (await flows.version(transaction, key, row.version)).document


async def _import(opened: Opened, documents: Sequence[Flow], arguments: argparse.Namespace) -> int:
    async with opened.database.worker(opened.tenant.id) as transaction:
        if arguments.publish:
            await _refuse_errors(transaction, documents, arguments)
        new = [version_of(flow) for flow in documents]
        for flow in documents:
            await flows.save_draft(
                transaction, flow.key, flow.name, canonical(flow), whole_hash(flow)
            )
        if arguments.publish:
            await flows.publish_all(transaction, new)
        lines = [await _line(transaction, each) for each in new]
    for line in lines:
        if arguments.json:
            json_line(line)
        else:
            version = f"version {line['version']}" if line["version"] else "a draft"
            published = ", published" if line["published"] else ""
            text(f"{line['key']}: {version}{published} ({line['hash'][:12]})")
    return 0


async def _line(transaction: Transaction, new: NewVersion) -> dict[str, Any]:
    """`version`: the one that has these bytes, if they were ever published."""
    row = next(row for row in await flows.flows(transaction) if row.key == new.key)
    listed = await flows.versions(transaction, new.key)
    version = next((each.version for each in listed if each.hash == new.hash), None)
    published = version is not None and row.version == version
    return {"key": new.key, "version": version, "hash": new.hash, "published": published}


async def _refuse_errors(
    transaction: Transaction, documents: Sequence[Flow], arguments: argparse.Namespace
) -> None:
    """A flow with an error is not published, nor one that breaks others on the air which call it:
    every finding is shown, then it fails."""
    around = await surroundings(transaction)
    others = {**around.others, **{flow.key: flow for flow in documents}}
    refused = [
        flow.key
        for flow in documents
        if has_errors(
            _shown(check(flow, around.workspace, others, arguments.language), arguments.json)
        )
    ]
    if refused:
        raise CommandError(f"not published, because of errors: {', '.join(refused)}")
    t = TEXTS[choose_language("", arguments.language)]
    callers = await callers_of(transaction, documents, t)
    for caller in callers:
        _shown(list(caller.errors), arguments.json)
    if broken := [caller.key for caller in callers if caller.breaks]:
        raise CommandError(
            f"not published, because these flows on the air would break: {', '.join(broken)}; "
            "mend them first, or import what mends them with it"
        )


def _shown(issues: list[Issue], as_json: bool) -> list[Issue]:
    for issue in issues:
        if as_json:
            json_line(issue)
        else:
            note(f"{issue.severity} {issue.code}: {issue.message} {issue.fix}")
    return issues
