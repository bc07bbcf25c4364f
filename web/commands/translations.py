"""`flowengine translations`: a flow's texts to a PO file and back."""

import argparse
import sys
from pathlib import Path
from typing import Any

import msgspec

from flowengine.document import pretty
from flowengine.errors import FlowError
from flowengine.flow import Flow
from flowengine.translations import gaps, phrases, said
from flowengine.translations.po import Brought, export_po, import_po
from web.commands.files import read_bytes, read_flow
from web.commands.output import BadFile, bad_usage, json_line, note


def configure(parser: argparse.ArgumentParser, _name: str) -> None:
    """Its arguments."""
    does = parser.add_subparsers(dest="does", required=True, metavar="export|import")
    out = does.add_parser("export", help="print the PO file of a language")
    out.add_argument("flow", type=Path, metavar="FLOW.json")
    out.add_argument("--language", required=True, metavar="TAG", help="such as es or es-MX")
    out.add_argument("--json", action="store_true", help="a JSON line a text, instead of PO")
    back = does.add_parser("import", help="put a PO file's texts into the flow")
    back.add_argument("flow", type=Path, metavar="FLOW.json")
    back.add_argument("po", type=Path, metavar="FILE.po")
    back.add_argument("--language", default="", metavar="TAG", help="over the file's own")
    back.add_argument("--output", type=Path, metavar="FILE", help="instead of FLOW.json; - prints")
    back.add_argument("--json", action="store_true", help="what was done, as a JSON line")


def run(arguments: argparse.Namespace) -> int:
    """Prints a PO file, or writes the flow with its texts; 2 for a bad file."""
    flow = read_flow(arguments.flow)
    if arguments.does == "export":
        _export(flow, arguments.language, arguments.json)
        return 0
    brought = _brought(flow, arguments.po, arguments.language)
    _write(brought.flow, arguments.output or arguments.flow)
    if arguments.json and str(arguments.output) != "-":
        json_line({"type": "summary", **_summary(brought)})
    else:
        _tell(brought)
    return 0


def _export(flow: Flow, language: str, as_json: bool) -> None:
    try:
        raw = export_po(flow, language)
    except FlowError as error:
        raise bad_usage(str(error)) from None
    if not as_json:
        sys.stdout.buffer.write(raw)
        sys.stdout.buffer.flush()
        return
    translated = flow.translations.get(language, {})
    for phrase in phrases(flow):
        words = said(translated.get(phrase.node, {}), phrase)
        json_line({**msgspec.structs.asdict(phrase), "translation": words})


def _brought(flow: Flow, po: Path, language: str) -> Brought:
    try:
        return import_po(flow, read_bytes(po), language)
    except FlowError as error:
        raise BadFile(str(po), error.message, error.path, error.fix) from None


def _write(flow: Flow, to: Path) -> None:
    raw = pretty(flow) + b"\n"
    if str(to) == "-":
        sys.stdout.buffer.write(raw)
        sys.stdout.buffer.flush()
        return
    # The old file stays whole until the new one is.
    beside = to.with_name(f".{to.name}.new")
    try:
        beside.write_bytes(raw)
        beside.replace(to)
    except OSError as error:
        raise bad_usage(f"{to} cannot be written: {error.strerror}") from None


def _summary(brought: Brought) -> dict[str, Any]:
    mine = (gap for gap in gaps(brought.flow) if gap.language == brought.language)
    missing = sum(gap.why == "missing" for gap in mine)
    told = {name: getattr(brought, name) for name in ("language", "put", *REASONS)}
    return {**told, "missing": missing}


REASONS = {
    "outdated": "the flow's text has changed since the export",
    "unknown": "no text of this flow has that place",
    "fuzzy": "marked as fuzzy",
    "plural": "it has several forms; say numbers with the filter plural, in one text",
}
"""Why a message was left out."""


def _tell(brought: Brought) -> None:
    missing = _summary(brought)["missing"]
    note(f"{brought.language}: {brought.put} texts put in, {missing} still missing")
    for name, reason in REASONS.items():
        for context in getattr(brought, name):
            note(f"  left out {context}: {reason}")
