"""Files in and out: uploads before a send, downloads of what customers sent.

A download takes two steps, `GET /{id}` for an address that lives five minutes, then the address
with the same token. The token goes only to hosts that we know: a forged address would steal it.
"""

import asyncio
import base64
import hashlib
import time
from urllib.parse import unquote, urlsplit

import httpx
from msgspec import Struct

from connectors.base import Context, Fetched, File, Write
from connectors.net import NETWORK_TROUBLE, unsent_or_unclear
from connectors.whatsapp_cloud.client import Graph
from connectors.whatsapp_cloud.errors import read_error
from connectors.whatsapp_cloud.fits import FILES, misfit_of
from connectors.whatsapp_cloud.settings import CloudSettings
from flowengine.messages import Media, MediaRef, Refused, Unclear

_META_HOSTS = ("graph.facebook.com", "lookaside.fbsbx.com")
_KEPT = 20 * 24 * 3600  # seconds; uploaded ids live 30 days
_KEPT_LINK = 600  # seconds; as long as Meta itself keeps what an address led to
_REMEMBERED = 2000
_MOST_TROUBLE = 65536  # bytes of an answer that is no file
LONGEST_DOWNLOAD = 300.0  # seconds of a whole file


class Found(Struct, frozen=True):
    """How Meta shall find a file: `{"id"}` of an upload, or `{"link"}` for it to fetch.

    `name` and `mime` where they are known.
    """

    file: dict[str, str]
    name: str = ""
    mime: str = ""


class Files:
    """The files of one number."""

    def __init__(self, settings: CloudSettings, http: httpx.AsyncClient, graph: Graph) -> None:
        self._http = http
        self._graph = graph
        own = httpx.URL(settings.base_url)
        self._trusted = {_place(own), *(f"{host}:443" for host in _META_HOSTS)}
        self._trusted |= {_entry(host) for host in settings.media_hosts}
        self._number = settings.phone_number_id
        self._uploaded: dict[tuple[str, str], tuple[Found, float, float]] = {}

    async def reference(self, media: Media, kind: str, context: Context) -> Found | Refused:
        """Where Meta finds a file that is shown as `kind`; ours is looked at and uploaded."""
        if kind not in FILES:
            return Refused("invalid", True, detail=f"{kind or 'nothing'} is no kind of file")
        if media.asset is None:
            if not media.url:
                return Refused("invalid", True, detail="the file has neither asset nor address")
            if not media.url.startswith(("https://", "http://")):
                return Refused("invalid", True, detail="an address begins with https:// or http://")
            known = self._known(kind, media.url)
            return known or Found({"link": media.url}, _last_of(media.url))
        known = self._known(kind, media.asset)
        if known is not None:
            return known
        file = await context.open_asset(media.asset) if context.open_asset else None
        if file is None:
            return Refused("media", True, detail=f"there is no asset {media.asset}")
        return await self._given(kind, media.asset, file)

    async def bring(self, media: Media, kind: str, context: Context) -> Found | Refused | None:
        """Fetch what an address leads to and upload it: Meta could not. None: nor could we."""
        if not media.url or media.asset or context.open_link is None or kind not in FILES:
            return None
        file = await context.open_link(media.url, FILES[kind][1])
        return None if file is None else await self._given(kind, media.url, file)

    def _known(self, kind: str, source: str) -> Found | None:
        """What was uploaded before, while Meta keeps it."""
        known = self._uploaded.get((kind, source))
        if known is not None and time.monotonic() - known[1] < known[2]:
            return known[0]
        return None

    async def _given(self, kind: str, source: str, file: File) -> Found | Refused:
        misfit = misfit_of(file, kind)
        if misfit is not None:
            return misfit
        uploaded = await self.upload(file)
        if not isinstance(uploaded, str):
            return uploaded
        if len(self._uploaded) >= _REMEMBERED:
            self._uploaded.pop(next(iter(self._uploaded)))
        found = Found({"id": uploaded}, file.name, file.mime)
        # Another file may be at the same address tomorrow; an asset's hash is its own.
        kept = _KEPT if source.startswith("sha256:") else _KEPT_LINK
        self._uploaded[kind, source] = (found, time.monotonic(), kept)
        return found

    async def upload(self, file: File) -> str | Refused:
        """The id that Meta gives a file. Nothing was said yet: an unclear upload is tried again."""
        answer = await self._graph.upload(file)
        if isinstance(answer, Unclear):
            return Refused("transient", False, detail=f"upload: {answer.reason}")
        if isinstance(answer, Refused):
            return answer
        id_ = answer.get("id")
        return id_ if isinstance(id_, str) else Refused("malformed", False, detail="upload: no id")

    async def url(self, media_id: str) -> tuple[str, str] | Refused | Unclear:
        """`(address, mime)` of a file; the address lives five minutes."""
        if not media_id.replace("-", "").replace("_", "").isalnum():
            return Refused("invalid", True, detail="not a media id")
        answer = await self._graph.get(media_id, phone_number_id=self._number)
        if isinstance(answer, Refused | Unclear):
            return answer
        url = answer.get("url")
        if not isinstance(url, str):
            return Refused("malformed", False, detail="media: no url")
        return url, str(answer.get("mime_type") or "")

    async def fetch(self, media: MediaRef, write: Write, limit: int) -> Fetched | Refused | Unclear:
        """Read a file into `write`. An address may have died on the way: it is asked for twice."""
        for last in (False, True):
            found = await self.url(media.id)
            if isinstance(found, Refused | Unclear):
                return found
            done = await self.download(found[0], write, limit, media.mime or found[1])
            expired = isinstance(done, Refused) and done.code == "http_404"
            if not expired or last:
                break
        if isinstance(done, Fetched) and not _same(media.sha256, done.sha256):
            return Refused("media", False, detail="the file is not what its digest says")
        return done

    async def download(
        self, url: str, write: Write, limit: int, mime: str = ""
    ) -> Fetched | Refused | Unclear:
        """Read an address into `write`, at most `limit` bytes, with the token."""
        try:
            address = httpx.URL(url)
            if _place(address) not in self._trusted:
                return Refused("media", True, detail=f"no token for {address.host}")
            async with asyncio.timeout(LONGEST_DOWNLOAD):
                response = await self._http.send(self._graph.download(address), stream=True)
                try:
                    return await _read(response, write, limit, mime)
                finally:
                    await response.aclose()
        except NETWORK_TROUBLE as error:
            return unsent_or_unclear(error)


async def _read(
    response: httpx.Response, write: Write, limit: int, mime: str
) -> Fetched | Refused | Unclear:
    status = response.status_code
    if status == 404:
        return Refused("media", False, code="http_404", detail="the address has died")
    if status != 200:
        return read_error(status, await _some(response))
    digest, size = hashlib.sha256(), 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > limit:
            return Refused("too_large", True, detail=f"more than {limit} bytes")
        digest.update(part)
        write(part)
    return Fetched(mime or response.headers.get("content-type", ""), digest.hexdigest(), size)


async def _some(response: httpx.Response) -> bytes:
    """The beginning of an answer: what stands further on says nothing more."""
    found = b""
    async for part in response.aiter_bytes():
        found += part
        if len(found) >= _MOST_TROUBLE:
            break
    return found[:_MOST_TROUBLE]


def _same(told: str, digest: str) -> bool:
    """Whether two digests agree: webhooks tell base64, Graph hex; anything else is no digest."""
    if len(told) == 64:
        return told.lower() == digest
    if len(told) == 44:
        return told == base64.b64encode(bytes.fromhex(digest)).decode()
    return True


def _last_of(url: str) -> str:
    """The file name in an address: without one people see a hash."""
    name = unquote(urlsplit(url).path.rpartition("/")[2])
    return name if "." in name else ""


def _place(url: httpx.URL) -> str:
    return f"{url.host}:{url.port or (443 if url.scheme == 'https' else 80)}"


def _entry(host: str) -> str:
    return host if ":" in host else f"{host}:443"
