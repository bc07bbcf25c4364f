"""A whole workspace as one zip: every flow's draft, and the names that flows use.

In it lie `flows/KEY.flow.json` and `workspace.json`, as they would beside each other in a
repository. No secret is in it, no person and no conversation.
"""

import io
import zipfile
import zlib
from collections.abc import Iterable, Mapping

from msgspec import Struct

from flowengine.document import MAX_BYTES, parse, pretty
from flowengine.errors import FlowError
from flowengine.flow import Flow
from flowengine.state import encode
from flowengine.store import constants, fields, queues, schedules, tags, templates
from flowengine.store.database import Transaction
from flowengine.workspace import Workspace, parse_workspace, write_workspace
from web.problems import Problem
from web.texts import _

MOST_FILES = 2000
MOST_BYTES = 100 * 1024 * 1024
_ALWAYS = (2026, 1, 1, 0, 0, 0)  # equal workspaces make equal bytes


class Bundle(Struct, frozen=True):
    """What a zip brings; `workspace`: null where it has none."""

    flows: tuple[Flow, ...]
    workspace: Workspace | None


def write_bundle(
    flows: Iterable[Flow], workspace: Workspace, others: Mapping[str, bytes] | None = None
) -> bytes:
    """The zip; `others`: files that go along as they are."""
    to = io.BytesIO()
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as packed:
        files = {f"flows/{flow.key}.flow.json": pretty(flow) for flow in flows}
        files["workspace.json"] = write_workspace(workspace)
        files |= others or {}
        for name, body in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _ALWAYS)
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, body)
    return to.getvalue()


def read_bundle(raw: bytes) -> Bundle:
    """What a zip says, whole or not at all. Raises `Problem` that names the file."""
    flows: dict[str, Flow] = {}
    workspace: Workspace | None = None
    for name, body in _files(raw):
        try:
            if name.rpartition("/")[2] == "workspace.json":
                workspace = parse_workspace(body)
            elif name.endswith(".json") and not name.endswith(".talk.json"):
                flow = parse(body)
                if flow.key in flows:
                    raise Problem(
                        _("Dois arquivos trazem o mesmo fluxo: {key}."), place=name, key=flow.key
                    )
                flows[flow.key] = flow
        except FlowError as error:
            raise Problem(error.message, place=f"{name} {error.path}", mend=error.fix) from None
    if not flows and workspace is None:
        raise Problem(
            _("Não há fluxo neste arquivo."),
            mend=_("Um zip traz arquivos .flow.json."),
            place="file",
        )
    return Bundle(tuple(flows.values()), workspace)


def _files(raw: bytes) -> Iterable[tuple[str, bytes]]:
    left = MOST_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            entries = [each for each in packed.infolist() if not each.is_dir()]
            if len(entries) > MOST_FILES:
                raise _too_large()
            for entry in entries:
                # What the zip says of its sizes is not believed: reading stops at the limit.
                with packed.open(entry) as file:
                    body = file.read(min(MAX_BYTES, left) + 1)
                left -= len(body)
                if len(body) > MAX_BYTES or left < 0:
                    raise _too_large()
                yield entry.filename, body
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise Problem(_("Este arquivo não é um zip que se possa ler."), place="file") from error


def _too_large() -> Problem:
    return Problem(_("O zip é grande demais."), place="file", status=413)


async def furnish(transaction: Transaction, workspace: Workspace, *, rooms: bool) -> int:
    """Make what a workspace lacks of another's names; what is there stays. How many were made.

    `rooms`: schedules and queues too, which only who may change settings makes. Secrets, models and
    knowledge come without what is in them, so they are left to people.
    """
    made = await _rooms(transaction, workspace) if rooms else 0
    made += await _words(transaction, workspace)
    return made + await _templates(transaction, workspace)


async def _rooms(transaction: Transaction, workspace: Workspace) -> int:
    made = 0
    known = {each.key for each in await schedules.schedules(transaction)}
    for key, schedule in workspace.schedules.items():
        if key not in known:
            await schedules.put_schedule(transaction, key, key, encode(schedule))
            made += 1
    known |= set(workspace.schedules)
    there = {each.key for each in await queues.queues(transaction)}
    for key, queue in workspace.queues.items():
        if key not in there:
            schedule = queue.schedule if queue.schedule in known else None
            await queues.put_queue(transaction, key, queue.name or key, schedule)
            made += 1
    return made


async def _words(transaction: Transaction, workspace: Workspace) -> int:
    made = 0
    there = {each.key for each in await fields.fields(transaction)}
    for key, field in workspace.fields.items():
        if key not in there:
            await fields.put_field(transaction, key, field.title or key, field.type)
            made += 1
    there = {each.key for each in await tags.tags(transaction)}
    for key in workspace.tags:
        if key not in there:
            await tags.put_tag(transaction, key, key)
            made += 1
    there = {each.key for each in await constants.constants(transaction)}
    for key, value in workspace.constants.items():
        if key not in there:
            await constants.put_constant(transaction, key, value)
            made += 1
    return made


async def _templates(transaction: Transaction, workspace: Workspace) -> int:
    made = 0
    there = {(each.name, each.language) for each in await templates.templates(transaction)}
    for each in workspace.templates:
        if (each.name, each.language) not in there:
            await templates.put_template(
                transaction, each.name, each.language, each.category, encode(each)
            )
            made += 1
    return made
