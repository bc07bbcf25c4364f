"""`flowengine check --talks DIR`: the shortest chat that shows each finding, as a talk."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from flowengine.flow import Flow
from flowengine.issue import Issue
from flowengine.talks import Talk, write_talk
from flowengine.workspace import Workspace
from web.commands.files import TALK_SUFFIX, make_folder, used_flows, write_bytes


def chats(
    issues: Sequence[Issue],
    flow: Flow,
    path: Path,
    workspace: Workspace | None,
    named: Mapping[str, Flow],
    folder: Path,
) -> list[Issue]:
    """The findings with their talks, which are written as `FLOW.CODE.NODE.talk.json`."""
    from flowengine.explore.chats import with_chats  # 50 ms: only where it is asked for

    others = {**used_flows(flow, path.parent), **named}
    found = with_chats(issues, flow, others, workspace, os.path.relpath(path, folder))
    make_folder(folder)
    names: dict[str, int] = {}
    for issue in found:
        if issue.talk is not None:
            stem = f"{flow.key}.{issue.code}.{issue.node}"
            names[stem] = names.get(stem, 0) + 1
            number = f".{names[stem]}" if names[stem] > 1 else ""
            talk = msgspec.convert(issue.talk, Talk)
            write_bytes(folder / f"{stem}{number}{TALK_SUFFIX}", write_talk(talk))
    return found
