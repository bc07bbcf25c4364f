"""The audit log, for programs that keep it elsewhere too."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Controller, get
from litestar.params import FromQuery
from msgspec import Struct

from flowengine.store import auditing
from flowengine.store.auditing import Sought
from web.api.shapes import Limit, Listed
from web.request import AnyRequest, workspace


class ChangeItem(Struct, frozen=True):
    """`actor`: `user:ID`, `key:ID` or `command`. `was`, `became`: the columns that differ; a
    sealed one is null in both."""

    id: UUID
    at: datetime
    actor: str
    kind: str
    key: str
    action: str
    was: dict[str, Any]
    became: dict[str, Any]


class ApiAudit(Controller):
    path = "/audit"
    tags = ["audit"]

    @get()
    async def list_changes(
        self,
        request: AnyRequest,
        kind: FromQuery[str] = "",
        key: FromQuery[str] = "",
        actor: FromQuery[str] = "",
        cursor: FromQuery[str] = "",
        limit: Limit = 50,
    ) -> Listed[ChangeItem]:
        """The newest first. `kind`: a table, as `flows`; `key`: of its row."""
        async with workspace(request) as transaction:
            page = await auditing.changes(
                transaction, Sought(kind, key, actor), cursor=cursor or None, limit=limit
            )
        return Listed(
            tuple(
                ChangeItem(
                    each.id,
                    each.at,
                    each.actor,
                    each.kind,
                    each.key,
                    each.action,
                    each.was,
                    each.became,
                )
                for each in page.items
            ),
            page.next,
        )
