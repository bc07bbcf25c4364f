"""Files for programs: put here once, sent as often as needed, read by a link that expires."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery, QueryParameter
from msgspec import Struct

from flowengine.store import assets
from web.problems import NotFound, Problem
from web.request import AnyRequest, caller, root_of, services, workspace
from web.texts import _
from workers.files import MOST
from workers.objects import StorageAway
from workers.spool import Spool, TooLarge

LONGEST = 7 * 24 * 3600

Seconds = Annotated[int, QueryParameter(ge=1, le=LONGEST, description="How long the link lasts.")]


class MediaItem(Struct, frozen=True):
    """A file. `asset` is its name in messages (`{"media": {"asset": …}}`).

    `mime` by its bytes, not by its name. `url` can be read by anybody until `expires_at`;
    it begins with FLOWENGINE_PUBLIC_URL, and where that is not set with the address that this
    request went to, which others may not reach.
    """

    asset: str
    mime: str
    size: int
    name: str
    url: str
    expires_at: datetime


class ApiMedia(Controller):
    path = "/media"
    tags = ["media"]

    @post(status_code=201, request_max_body_size=MOST)
    async def keep(
        self, request: AnyRequest, name: FromQuery[str] = "", seconds: Seconds = 3600
    ) -> MediaItem:
        """Keep a file: its bytes are the body, at most 100 MB; the same bytes are kept once.

        `name`: as the receiver of a document sees it.
        """
        tenant, files = caller(request).tenant, services(request).workers.files
        with Spool(MOST) as spool:
            try:
                async for piece in request.stream():
                    spool.write(piece)
                if not spool.size:
                    raise Problem(_("O corpo do pedido está vazio."), status=422)
                said = request.headers.get("content-type", "")
                kept = await files.keep(tenant, spool, name, said, "sent")
            except TooLarge:
                raise Problem(_("O arquivo é grande demais: até 100 MB."), status=413) from None
            except StorageAway:
                raise Problem(_("Os arquivos não podem ser lidos agora."), status=503) from None
        return item_of(request, kept.hash, kept.mime, kept.size, kept.name, seconds)

    @get("/{asset:str}")
    async def find(
        self, request: AnyRequest, asset: FromPath[str], seconds: Seconds = 3600
    ) -> MediaItem:
        """A file of the workspace, with a link that lasts so many seconds (a week at most)."""
        async with workspace(request) as transaction:
            found = await assets.asset(transaction, asset)
        if found is None:
            raise NotFound
        return item_of(request, found.hash, found.mime, found.size, found.name, seconds)


def item_of(
    request: AnyRequest, asset: str, mime: str, size: int, name: str, seconds: int
) -> MediaItem:
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    token = services(request).signer.sign_link(caller(request).tenant, asset, until)
    return MediaItem(asset, mime, size, name, f"{root_of(request)}/files/{token}", until)
