"""`flowengine check`: what is wrong with flows, where, and how to mend it."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from flowengine.check import check
from flowengine.flow import Flow
from flowengine.issue import Issue
from flowengine.workspace import Workspace
from web.commands.files import (
    FLOW_SUFFIX,
    find,
    read_flow,
    read_workspace,
    used_flows,
)
from web.commands.issue_chats import chats
from web.commands.output import BadFile, bad_usage, json_line, note, text


def configure(parser: argparse.ArgumentParser, _name: str) -> None:
    """Its arguments."""
    parser.add_argument("flows", nargs="+", type=Path, metavar="FLOW.json", help="or a folder")
    parser.add_argument("--workspace", type=Path, metavar="FILE", help="default: beside the flow")
    parser.add_argument("--language", default="pt-BR", help="of the sentences: pt, en or es")
    parser.add_argument("--talks", type=Path, metavar="DIR", help="write the chats that show them")
    parser.add_argument("--json", action="store_true", help="JSON lines")


def run(arguments: argparse.Namespace) -> int:
    """A line an issue, then a summary; 1 on errors, 2 where a file cannot be read."""
    paths = find(arguments.flows, FLOW_SUFFIX)
    if not paths:
        raise bad_usage("there is no flow (*.flow.json) in these folders")
    flows: dict[Path, Flow] = {}
    unreadable = 0
    counts = {"error": 0, "warning": 0, "info": 0}
    for path in paths:
        try:
            flows[path] = read_flow(path)
        except BadFile as error:
            unreadable += 1
            counts["error"] += 1
            _show(arguments.json, path, _unreadable(error))
    named = {flow.key: flow for flow in flows.values()}
    for path, flow in flows.items():
        workspace = read_workspace(arguments.workspace, path)
        issues = _issues(flow, path, workspace, named, arguments.language)
        if arguments.talks is not None:
            issues = chats(issues, flow, path, workspace, named, arguments.talks)
        for issue in issues:
            counts[issue.severity] += 1
            _show(arguments.json, path, issue)
    _summary(arguments.json, len(paths), counts)
    if unreadable:
        return 2
    return 1 if counts["error"] else 0


def _issues(
    flow: Flow, path: Path, workspace: Workspace | None, named: Mapping[str, Flow], language: str
) -> list[Issue]:
    others = {**used_flows(flow, path.parent), **named}
    return check(flow, workspace, others, language)


def _unreadable(error: BadFile) -> Issue:
    """A file that is no flow, in the shape of an issue: programs find it where they look."""
    return Issue("error", "unreadable", "", "", "", error.path, error.message, error.fix)


def _show(as_json: bool, path: Path, issue: Issue) -> None:
    if as_json:
        fields: dict[str, Any] = msgspec.structs.asdict(issue)
        json_line({"file": str(path), **fields})
        return
    text(f"{path}: {issue.severity} {issue.code}: {issue.message}")
    if issue.fix:
        text(f"    {issue.fix}")
    if issue.path:
        text(f"    {issue.path}")


def _summary(as_json: bool, files: int, counts: Mapping[str, int]) -> None:
    totals = {
        "files": files,
        "errors": counts["error"],
        "warnings": counts["warning"],
        "infos": counts["info"],
    }
    if as_json:
        json_line({"type": "summary", **totals})
    else:
        note(f"{files} checked: {counts['error']} errors, {counts['warning']} warnings")
