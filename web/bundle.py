"""A whole workspace as one zip: every flow's draft with its talks, files and folder, and the names
that flows use.

In it lie `flows/KEY.flow.json`, its talks beside it, `files/`, `folders.json` and `workspace.json`,
as they would in a repository; if asked for, `published/KEY.flow.json` where that is not the draft.
No secret is in it, no person and no conversation.
"""

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

import msgspec
from msgspec import Struct

from flowengine.document import MAX_BYTES, canonical, parse, pretty
from flowengine.errors import FlowError
from flowengine.flow import Flow
from flowengine.state import encode
from flowengine.store import constants, fields, queues, schedules, tags, templates
from flowengine.store.database import Transaction
from flowengine.talks.format import parse_talk
from flowengine.workspace import Workspace, parse_workspace, write_workspace
from web.problems import Problem
from web.refused import Refused
from web.settings.names import KEY
from web.texts import _

MOST_FILES = 20_000
"""Entries: a flow may have 500 talks."""
LONGEST = 80
"""Letters of a name."""
MOST_BYTES = 100 * 1024 * 1024
MOST_FILE = 16 * 1024 * 1024
"""Bytes of a file that messages name."""

UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    IndexError,
)
"""What the library raises for a damaged zip."""

_ALWAYS = (2026, 1, 1, 0, 0, 0)  # equal workspaces make equal bytes


class BundledTalk(Struct, frozen=True):
    """A talk of a flow. `document`: as the store keeps it."""

    flow: str
    name: str
    document: bytes


class Along(Struct, frozen=True):
    """What goes along with flows: talks, files that messages name (by name), folders by flow, and
    what is `published` of those whose draft is another."""

    talks: tuple[BundledTalk, ...] = ()
    files: tuple[tuple[str, bytes], ...] = ()
    folders: dict[str, str] = {}
    published: tuple[Flow, ...] = ()


class Bundle(Struct, frozen=True):
    """What a zip brings; `workspace`: null where it has none."""

    flows: tuple[Flow, ...]
    workspace: Workspace | None
    along: Along = Along()


def write_bundle(
    flows: Iterable[Flow],
    workspace: Workspace,
    along: Along = Along(),  # noqa: B008 - frozen
    others: Mapping[str, bytes] | None = None,
) -> bytes:
    """The zip; `others`: files that nobody takes for something else."""
    to = io.BytesIO()
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as packed:
        files = {f"flows/{flow.key}.flow.json": readable(flow) for flow in flows}
        files |= {f"published/{flow.key}.flow.json": readable(flow) for flow in along.published}
        files["workspace.json"] = write_workspace(workspace)
        files |= {f"files/{name}": body for name, body in along.files}
        for number, talk in enumerate(along.talks, 1):
            files[f"flows/{talk.flow}.{number:03}.talk.json"] = talk.document
        if along.folders:
            files["folders.json"] = msgspec.json.format(msgspec.json.encode(along.folders))
        files |= others or {}
        if len(files) > MOST_FILES:
            raise Problem(
                _("São {n} arquivos; um zip leva {most}."),
                status=409,
                mend=_("Exporte os fluxos um por um, ou apague testes que não usa."),
                n=len(files),
                most=MOST_FILES,
            )
        for name, body in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _ALWAYS)
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, body)
    return to.getvalue()


def readable(flow: Flow) -> bytes:
    """A document for people; one that would be too long for its own reader is written tightly."""
    body = pretty(flow)
    return body if len(body) <= MAX_BYTES else canonical(flow)


def read_bundle(raw: bytes) -> Bundle:
    """What a zip says, whole or not at all. Raises `Problem` that names the file."""
    flows: dict[str, Flow] = {}
    talks: list[BundledTalk] = []
    published: list[Flow] = []
    files: list[tuple[str, bytes]] = []
    folders: dict[str, str] = {}
    workspace: Workspace | None = None
    for name, body in _files(raw):
        last = name.rpartition("/")[2]
        try:
            if is_file(name):
                files.append((last, body))
            elif last == "workspace.json":
                workspace = parse_workspace(body)
            elif last == "folders.json":
                folders = msgspec.json.decode(body, type=dict[str, str])
            elif name.endswith(".talk.json"):
                talks.append(talk_in(last, body))
            elif name.endswith(".json") and lies_in(name, "published"):
                published.append(parse(body))
            elif name.endswith(".json"):
                flow = parse(body)
                if flow.key in flows:
                    raise Problem(
                        _("Dois arquivos trazem o mesmo fluxo: {key}."), place=name, key=flow.key
                    )
                flows[flow.key] = flow
        except FlowError as error:
            raise Refused(error, name) from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Problem(_("Isto não é JSON."), place=name) from None
    if not flows and workspace is None:
        raise Problem(
            _("Não há fluxo neste arquivo."),
            mend=_("Um zip traz arquivos .flow.json."),
            place="file",
        )
    along = Along(tuple(talks), tuple(files), folders, tuple(published))
    return Bundle(tuple(flows.values()), workspace, along)


def is_file(name: str) -> bool:
    """Whether an entry is a file that messages name, whatever it is called."""
    return lies_in(name, "files")


def lies_in(name: str, folder: str) -> bool:
    return folder in PurePosixPath(name).parts[:-1]


def talk_in(name: str, body: bytes) -> BundledTalk:
    """A talk of a zip. Raises `FlowError`."""
    talk = parse_talk(body)
    flow = talk.flow.rpartition("/")[2].removesuffix(".flow.json")
    return BundledTalk(flow, (talk.name or name.removesuffix(".talk.json"))[:120], body)


def talk_of(document: bytes, keys: Mapping[str, str]) -> bytes:
    """A talk's document with its flow, and those that its canned answers name, under the keys that
    `keys` gives them."""
    said = msgspec.json.decode(document, type=dict[str, msgspec.Raw])
    path = msgspec.json.decode(said["flow"], type=str)
    folder, slash, name = path.rpartition("/")
    key = name.removesuffix(".flow.json")
    said["flow"] = as_raw(f"{folder}{slash}{keys.get(key, key)}.flow.json")
    for part in ("http", "model"):
        listed = msgspec.json.decode(said.get(part, b"[]"), type=list[dict[str, msgspec.Raw]])
        for each in listed:
            named = msgspec.json.decode(each.get("flow", b'""'), type=str)
            if named in keys:
                each["flow"] = as_raw(keys[named])
        if listed:
            said[part] = as_raw(listed)
    return msgspec.json.encode(said)


def as_raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


def _files(raw: bytes) -> Iterable[tuple[str, bytes]]:
    left = MOST_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            entries = [each for each in packed.infolist() if not each.is_dir()]
            if len(entries) > MOST_FILES:
                raise _too_large()
            for entry in entries:
                # What the zip says of its sizes is not believed: reading stops at the limit.
                most = MOST_FILE if is_file(entry.filename) else MAX_BYTES
                with packed.open(entry) as file:
                    body = file.read(min(most, left) + 1)
                left -= len(body)
                if len(body) > most or left < 0:
                    raise _too_large()
                yield entry.filename, body
    except UNREADABLE as error:
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


def is_line(name: str) -> bool:
    """Whether a page would take it as a name."""
    return len(name) <= LONGEST and len(name.splitlines()) <= 1


def refuse_unless(name: str, fits: bool) -> None:
    if not fits:
        raise Problem(
            _("O zip traz um nome que não serve aqui: “{name}”."),
            place="workspace.json",
            mend=_(
                "Mude-o no workspace.json: uma linha, até {longest} letras; etiquetas, só a chave."
            ),
            name=name[:LONGEST],
            longest=LONGEST,
        )


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
            refuse_unless(queue.name, is_line(queue.name))
            await queues.put_queue(transaction, key, queue.name or key, schedule)
            made += 1
    return made


async def _words(transaction: Transaction, workspace: Workspace) -> int:
    made = 0
    there = {each.key for each in await fields.fields(transaction)}
    for key, field in workspace.fields.items():
        if key not in there:
            refuse_unless(field.title, is_line(field.title))
            await fields.put_field(transaction, key, field.title or key, field.type)
            made += 1
    there = {each.key for each in await tags.tags(transaction)}
    for key in workspace.tags:
        if key not in there:
            refuse_unless(key, KEY.fullmatch(key) is not None)
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
                transaction, each.name, each.language, each.category, encode(each), each.status
            )
            made += 1
    return made
