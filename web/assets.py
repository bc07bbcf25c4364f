"""Static files, read once and served from memory under an address that holds their hash.

One hash of all files is part of the path (`/static/HASH/css/base.css`), so that relative addresses
inside CSS work, browsers may keep everything for ever, and a new version is a new address.
"""

import gzip
import hashlib
from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from msgspec import Struct

STATIC = Path(__file__).parent / "static"
SERVED = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".json": "application/json",
    ".LICENSE": "text/plain",
}
FOR_EVER = "public, max-age=31536000, immutable"


class Asset(Struct, frozen=True):
    """`packed`: the same bytes in gzip, None where that would not make them smaller."""

    mime: str
    body: bytes
    packed: bytes | None


class Assets(Struct, frozen=True):
    digest: str
    files: dict[str, Asset]

    def url(self, name: str) -> str:
        """The address of a file, as `css/base.css`; KeyError where there is none."""
        self.files[name]
        return f"/static/{self.digest}/{name}"


def load_assets(folder: Path = STATIC) -> Assets:
    """Reads every file that is served, and hashes them all."""
    files: dict[str, Asset] = {}
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        mime = SERVED.get(path.suffix)
        if not mime or not path.is_file():
            continue
        name, body = path.relative_to(folder).as_posix(), path.read_bytes()
        digest.update(name.encode() + b"\0" + body)
        packed = gzip.compress(body, 9, mtime=0)
        files[name] = Asset(mime, body, packed if len(packed) < len(body) * 0.9 else None)
    return Assets(digest.hexdigest()[:12], files)


@get("/static/{digest:str}/{name:path}", include_in_schema=False, sync_to_thread=False)
def serve_asset(
    request: Request[Any, Any, Any], digest: FromPath[str], name: FromPath[Path]
) -> Response[bytes]:
    """A static file; under another version's hash it is sent, but not kept by the browser."""
    assets: Assets = request.app.state.assets
    asset = assets.files.get(name.as_posix().lstrip("/"))
    if asset is None:
        raise NotFoundException()
    headers = {"Cache-Control": FOR_EVER if digest == assets.digest else "no-cache"}
    body = asset.body
    if asset.packed and "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["Content-Encoding"] = asset.packed, "gzip"
    if asset.packed:
        headers["Vary"] = "Accept-Encoding"
    return Response(body, media_type=asset.mime, headers=headers)
