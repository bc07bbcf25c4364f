"""Reading flows, talks and workspaces from files; a bad one is one sentence with its place."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from flowengine.check import check
from flowengine.document import parse
from flowengine.errors import FlowError, ReleaseError
from flowengine.expressions import ExpressionError
from flowengine.flow import Flow
from flowengine.graph import leads_to
from flowengine.release import compile_release
from flowengine.run import Release
from flowengine.talks import Talk, parse_talk
from flowengine.workspace import EMPTY, Workspace, parse_workspace
from web.commands.output import BadFile, bad_usage

T = TypeVar("T")

FLOW_SUFFIX = ".flow.json"
TALK_SUFFIX = ".talk.json"
WORKSPACE = "workspace.json"


def read_bytes(path: Path) -> bytes:
    """The file's bytes."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise BadFile(str(path), "there is no such file") from None
    except IsADirectoryError:
        raise BadFile(str(path), "this is a folder", fix="Name a file in it.") from None
    except OSError as error:
        raise BadFile(str(path), f"it cannot be read: {error.strerror}") from None


def write_bytes(path: Path, content: bytes) -> None:
    """Writes a file."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise bad_usage(f"{path} cannot be written: {error.strerror}") from None


def make_folder(path: Path) -> None:
    """Makes a folder that is to be written into, if it is not there."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise bad_usage(f"{path} cannot be a folder: {error.strerror}") from None


def _read(path: Path, parser: Callable[[bytes], T]) -> T:
    raw = read_bytes(path)
    try:
        return parser(raw)
    except FlowError as error:
        raise BadFile(str(path), error.message, error.path, error.fix) from None


def read_flow(path: Path) -> Flow:
    """The flow in a file."""
    return _read(path, parse)


def read_talk(path: Path) -> Talk:
    """The talk in a file."""
    return _read(path, parse_talk)


def read_workspace(path: Path | None, beside: Path) -> Workspace | None:
    """The workspace of a file; where none is named, the workspace.json beside `beside`, if any."""
    if path is not None:
        return _read(path, parse_workspace)
    near = beside.parent / WORKSPACE
    return _read(near, parse_workspace) if near.is_file() else None


def find(paths: Iterable[Path], suffix: str) -> list[Path]:
    """The files named, and those with `suffix` in and below the folders named."""
    found: list[Path] = []
    for path in paths:
        listed = sorted(path.rglob(f"*{suffix}")) if path.is_dir() else [path]
        found += [each for each in listed if each not in found]
    return found


def flows_in(folder: Path) -> dict[str, Flow]:
    """Every flow of a folder, by key."""
    if not folder.is_dir():
        raise bad_usage(f"{folder} is no folder")
    found: dict[str, Flow] = {}
    for path in sorted(folder.glob(f"*{FLOW_SUFFIX}")):
        flow = read_flow(path)
        if flow.key in found:
            raise bad_usage(f"{path}: another flow in {folder} has the key {flow.key!r}")
        found[flow.key] = flow
    return found


def used_flows(flow: Flow, folder: Path) -> dict[str, Flow]:
    """The flows beside it that `flow` calls or starts, directly or not; what is not there is left
    to `check`."""
    beside = _beside(folder)
    found: dict[str, Flow] = {}
    waiting = [flow]
    while waiting:
        for key in sorted(_uses(waiting.pop())):
            if key in beside and key not in found and key != flow.key:
                found[key] = beside[key]
                waiting.append(beside[key])
    return found


def _uses(flow: Flow) -> set[str]:
    return {key for node in flow.nodes for key in leads_to(node)}


def _beside(folder: Path) -> dict[str, Flow]:
    """Flows of a folder that can be read; a broken neighbour is its own file's business."""
    found: dict[str, Flow] = {}
    for path in sorted(folder.glob(f"*{FLOW_SUFFIX}")):
        try:
            flow = parse(path.read_bytes())
        except (FlowError, OSError):
            continue
        found.setdefault(flow.key, flow)
    return found


def compile_all(flows: Mapping[str, Flow], named: Path) -> list[Release]:
    """The releases of flows, as if all were published; an error names the file `named`."""
    releases: list[Release] = []
    for flow in flows.values():
        try:
            releases.append(compile_release(flow, flows))
        except (ReleaseError, ExpressionError, ValueError, LookupError) as error:
            raise _why(flow, flows, named, error) from error
    return releases


def _why(flow: Flow, flows: Mapping[str, Flow], named: Path, error: Exception) -> Exception:
    """What check says of a flow that cannot run; an error that it does not know of is ours."""
    for each in (flow, *flows.values()):
        for issue in check(each, None, flows, "en"):
            if issue.severity == "error":
                return BadFile(str(named), f"{each.key}: {issue.message}", issue.path, issue.fix)
    return bad_usage(f"{named}: {error}") if isinstance(error, ReleaseError) else error


def workspace_or_empty(workspace: Workspace | None) -> Workspace:
    """A workspace to play in."""
    return EMPTY if workspace is None else workspace
