"""The JSON Schemas of our documents at a public address, for editors that complete and check."""

from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from flowengine.document import json_schema
from flowengine.talks import Talk
from flowengine.workspace import Workspace
from web.problems import Problem
from web.texts import _

SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "flow.json": json_schema,
    "talk.json": lambda: msgspec.json.schema(Talk),
    "workspace.json": lambda: msgspec.json.schema(Workspace),
}


@get("/schemas/{name:str}", include_in_schema=False, sync_to_thread=False)
def document_schema(name: FromPath[str]) -> Response[bytes]:
    """One of them; anybody's editor may read it."""
    if name not in SCHEMAS:
        raise Problem(_("Este esquema não existe."), status=404)
    body = msgspec.json.format(msgspec.json.encode(SCHEMAS[name]()), indent=2)
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=3600"}
    return Response(body, media_type="application/schema+json", headers=headers)
