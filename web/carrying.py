"""What goes along with flows in a zip: their talks, the files that their messages name, folders."""

import re
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from flowengine.document import canonical
from flowengine.flow import Flow
from flowengine.store import flows, talks
from flowengine.store.database import Transaction
from flowengine.store.flows import FlowRow
from web.bundle import MOST_FILE, Along, BundledTalk
from web.folders import LONGEST, spelled
from web.problems import Problem
from web.texts import _
from workers.files import Files
from workers.objects import StorageAway
from workers.spool import Spool

NAMED = re.compile(rb"sha256:[0-9a-f]{64}")
ROOM = 48 * 1024 * 1024
"""Bytes of files that one zip takes along, so that it can come in again."""


async def along_with(
    transaction: Transaction,
    files: Files,
    found: Sequence[Flow],
    rows: Iterable[FlowRow],
    published: Sequence[Flow] = (),
) -> Along:
    """What goes along with these flows of the transaction's workspace, and those `published`."""
    kept = [
        BundledTalk(flow.key, talk.name, talk.document)
        for flow in found
        for talk in await talks.talks(transaction, flow.key)
    ]
    folders = {row.key: row.folder for row in rows if row.folder}
    bodies = await files_of(transaction.tenant, files, [*found, *published])
    return Along(tuple(kept), tuple(bodies), folders, tuple(published))


async def files_of(tenant: UUID, files: Files, found: Sequence[Flow]) -> list[tuple[str, bytes]]:
    """The files that flows name, as many as there is room for, each once. Those whose bytes cannot
    be had now are left out: check tells of them where the zip comes in."""
    left, bodies = ROOM, list[tuple[str, bytes]]()
    named = {each.decode() for flow in found for each in NAMED.findall(canonical(flow))}
    for digest in sorted(named):
        try:
            opened = await files.open(tenant, digest)
        except StorageAway:
            continue
        if opened is None or opened.size > min(left, MOST_FILE):
            continue
        body = b"".join([piece async for piece in opened.pieces])
        left -= len(body)
        bodies.append((f"{digest[7:19]}-{plain_name(opened.name)}", body))
    return bodies


def plain_name(name: str) -> str:
    """A file's name that is one in a zip, too."""
    return re.sub(r"[^\w.-]+", "-", name.rpartition("/")[2]).strip("-.")[-60:] or "file"


async def keep_files(tenant: UUID, files: Files, along: Along) -> None:
    """The files of a zip, before the flows that name them: the same bytes are kept once."""
    for name, body in along.files:
        with Spool(MOST_FILE) as spool:
            spool.write(body)
            await files.keep(tenant, spool, name.partition("-")[2] or name)


async def keep_beside(
    transaction: Transaction,
    along: Along,
    saved: Sequence[Flow],
    rows: Mapping[str, FlowRow],
    by: UUID,
) -> None:
    """Talks and folders of the flows that were saved; a talk or folder that is there stays. Raises
    a `Problem` where a flow would have more talks than its page shows."""
    keys = {flow.key for flow in saved}
    for key in keys & {talk.flow for talk in along.talks}:
        names = {each.name for each in await talks.talks(transaction, key)}
        for talk in along.talks:
            if talk.flow != key or talk.name in names:
                continue
            if len(names) >= talks.MOST:
                raise Problem(_("Este fluxo já tem testes demais."), status=409, place=key)
            names.add(talk.name)
            await talks.add_talk(transaction, key, talk.name, talk.document, by)
    spelt = sorted({row.folder for row in rows.values()} - {""})
    for key, folder in along.folders.items():
        known = rows.get(key)
        if key in keys and not (known and known.folder):
            name = spelled(" ".join(folder.split())[:LONGEST].rstrip(), spelt)
            spelt.append(name)
            await flows.set_folder(transaction, key, name)
