"""Releases: a published version with the versions of the flows that it calls, pinned for ever.

A release is named by the hash of its members, as `flowengine.release` computes it, so the same
flows make the same release again.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from msgspec import Struct

from flowengine.store.errors import NotPublished
from flowengine.store.rows import read_all
from flowengine.store.transaction import Transaction


class StoredRelease(Struct, frozen=True):
    """`members`: flow key to version. `documents`: flow key to the version's bytes."""

    hash: str
    root: str
    members: dict[str, int]
    documents: dict[str, bytes]

    @property
    def version(self) -> int:
        """The root's version."""
        return self.members[self.root]


class _Face(Struct, frozen=True):
    """What is published of a flow, without its document."""

    key: str
    version: int
    hash: str
    calls: tuple[str, ...]
    release: str | None = None
    name: str = ""


async def releases(transaction: Transaction, digests: Collection[str]) -> tuple[StoredRelease, ...]:
    """This workspace's releases with these hashes; unknown ones left out."""
    wanted = [(transaction.tenant, digest) for digest in dict.fromkeys(digests)]
    return tuple((await releases_of(transaction, wanted)).values())


async def releases_of(
    transaction: Transaction, wanted: Sequence[tuple[UUID, str]]
) -> dict[tuple[UUID, str], StoredRelease]:
    """Releases by (tenant, hash), of whichever workspaces for a worker; unknown ones left out."""
    rows = await transaction.rows(
        """
        SELECT r.tenant_id, r.hash, r.root, r.members, v.flow, v.document
        FROM unnest($1::uuid[], $2::text[]) AS w (tenant_id, hash)
        JOIN releases r USING (tenant_id, hash)
        CROSS JOIN LATERAL jsonb_each_text(r.members) AS m (flow, version)
        JOIN flow_versions v ON v.tenant_id = r.tenant_id AND v.flow = m.flow
            AND v.version = m.version::int
        """,
        [tenant for tenant, _ in wanted],
        [digest for _, digest in wanted],
    )
    documents: dict[tuple[UUID, str], dict[str, bytes]] = {}
    for row in rows:
        documents.setdefault((row["tenant_id"], row["hash"]), {})[row["flow"]] = row["document"]
    return {
        (row["tenant_id"], row["hash"]): StoredRelease(
            row["hash"], row["root"], row["members"], documents[row["tenant_id"], row["hash"]]
        )
        for row in rows
    }


async def release(transaction: Transaction, digest: str) -> StoredRelease | None:
    """A release of this workspace."""
    found = await releases(transaction, [digest])
    return found[0] if found else None


async def catalog(transaction: Transaction, channel_id: UUID) -> tuple[StoredRelease, ...]:
    """What `catalog_hashes` names, with documents."""
    digests = await catalog_hashes(transaction, channel_id)
    found = {each.hash: each for each in await releases(transaction, digests)}
    return tuple(found[digest] for digest in digests)


async def catalog_hashes(transaction: Transaction, channel_id: UUID) -> tuple[str, ...]:
    """Hashes of the releases that answer on a channel: of its bound flows, else of all published.

    In the order of their flows' keys.
    """
    rows = await transaction.rows(
        """
        WITH bound AS (
            SELECT flow FROM channel_flows WHERE tenant_id = $1 AND channel_id = $2
        )
        SELECT release FROM flows WHERE tenant_id = $1 AND release IS NOT NULL
            AND (key IN (SELECT flow FROM bound) OR NOT EXISTS (SELECT FROM bound))
        ORDER BY key
        """,
        transaction.tenant,
        channel_id,
    )
    return tuple(row["release"] for row in rows)


async def published_release(transaction: Transaction, flow: str) -> str | None:
    """The hash of the release that a start of this flow begins now; None: it is not published."""
    digest: str | None = await transaction.value(
        "SELECT release FROM flows WHERE tenant_id = $1 AND key = $2", transaction.tenant, flow
    )
    return digest


async def rebuild(transaction: Transaction, changed: Iterable[str]) -> dict[str, str]:
    """Make the releases of the flows `changed` and of all that call them; key to release hash.

    Raises `NotPublished` where one of them calls a flow that is not published.
    """
    faces = await _faces(transaction)
    changed = set(changed)
    made: dict[str, str] = {}
    for key in sorted(faces):
        members = _members(key, faces)
        if changed.isdisjoint(members):
            continue
        missing = sorted(member for member in members if member not in faces)
        if missing:
            raise _not_published(key, missing, faces)
        made[key] = await _store(transaction, key, {each: faces[each] for each in members})
    return made


async def release_with(
    transaction: Transaction, root: str, version: int, hash: str, calls: tuple[str, ...]
) -> str:
    """The release of one version of a flow with what is published of the flows that it calls,
    pinned to nothing; its hash. Raises `NotPublished` where one of them is not."""
    faces = await _faces(transaction)
    faces[root] = _Face(root, version, hash, calls)
    members = _members(root, faces)
    missing = sorted(member for member in members if member not in faces)
    if missing:
        raise _not_published(root, missing, faces)
    return await _keep(transaction, root, {each: faces[each] for each in members})


def _not_published(root: str, missing: Sequence[str], faces: Mapping[str, _Face]) -> NotPublished:
    calling = sorted(
        face.name or face.key for face in faces.values() if not set(missing).isdisjoint(face.calls)
    )
    said = f"{root} calls {', '.join(missing)}, which is not published"
    return NotPublished(said, tuple(calling), tuple(missing))


def _members(root: str, faces: Mapping[str, _Face]) -> list[str]:
    """The flow, and all that it calls, directly or not, published or not."""
    found = {root}
    waiting = [root]
    while waiting:
        face = faces.get(waiting.pop())
        for called in face.calls if face else ():
            if called not in found:
                found.add(called)
                waiting.append(called)
    return sorted(found)


async def _faces(transaction: Transaction) -> dict[str, _Face]:
    """What is published, by key."""
    rows = await transaction.rows(
        """
        SELECT v.flow AS key, v.version, v.hash, v.calls, f.release, f.name
        FROM flows f JOIN flow_versions v
            ON v.tenant_id = f.tenant_id AND v.flow = f.key AND v.version = f.published
        WHERE f.tenant_id = $1
        """,
        transaction.tenant,
    )
    return {face.key: face for face in read_all(_Face, rows)}


async def _store(transaction: Transaction, root: str, members: Mapping[str, _Face]) -> str:
    digest = await _keep(transaction, root, members)
    await transaction.run(
        "UPDATE flows SET release = $3 WHERE tenant_id = $1 AND key = $2",
        transaction.tenant,
        root,
        digest,
    )
    return digest


async def _keep(transaction: Transaction, root: str, members: Mapping[str, _Face]) -> str:
    from flowengine.release import release_hash  # 0.3 s of imports: only to publish

    digest = release_hash(root, {key: face.hash for key, face in members.items()})
    await transaction.run(
        """
        INSERT INTO releases (tenant_id, hash, root, members) VALUES ($1, $2, $3, $4)
        ON CONFLICT (tenant_id, hash) DO NOTHING
        """,
        transaction.tenant,
        digest,
        root,
        {key: face.version for key, face in members.items()},
    )
    return digest
