"""The API's documentation: a page of ours, drawn from its OpenAPI description, without a script."""

from typing import Any

import msgspec
from litestar import Response, get
from msgspec import Struct

from web.render import render
from web.request import AnyRequest, root_of

METHODS = ("get", "post", "put", "patch", "delete")


class Operation(Struct, frozen=True):
    """`body` and `answer`: the names of their shapes; `parameters`: name and where it goes."""

    method: str
    path: str
    summary: str
    parameters: tuple[tuple[str, str], ...]
    body: str
    answer: str


class Shape(Struct, frozen=True):
    """A schema: its fields with type, and what it means."""

    name: str
    words: str
    fields: tuple[tuple[str, str, bool], ...]


class DocsPage(Struct, frozen=True):
    title: str
    groups: dict[str, list[Operation]]
    shapes: tuple[Shape, ...]
    root: str


@get("/api/docs", include_in_schema=False, sync_to_thread=False)
def docs(request: AnyRequest) -> Response[object]:
    """Every operation of the API, by subject."""
    schema: dict[str, Any] = request.app.openapi_schema.to_schema()
    groups: dict[str, list[Operation]] = {}
    for path, methods in schema["paths"].items():
        for method, about in methods.items():
            if method in METHODS and path.startswith("/api/"):
                tag = about.get("tags", ["api"])[0]
                groups.setdefault(tag, []).append(operation(method, path, about))
    for operations in groups.values():
        operations.sort(key=lambda each: (each.path, METHODS.index(each.method.lower())))
    named = schema.get("components", {}).get("schemas", {})
    shapes = tuple(shape(name, about) for name, about in sorted(named.items()))
    root = root_of(request)
    return render(request, "docs.html", DocsPage(schema["info"]["title"], groups, shapes, root))


def operation(method: str, path: str, about: dict[str, Any]) -> Operation:
    body = about.get("requestBody", {}).get("content", {}).values()
    fine = [answer for status, answer in about["responses"].items() if status.startswith("2")]
    answers = [content for answer in fine for content in answer.get("content", {}).values()]
    return Operation(
        method.upper(),
        path,
        about.get("description") or about.get("summary", ""),
        tuple((each["name"], each["in"]) for each in about.get("parameters", [])),
        next((type_of(content.get("schema", {})) for content in body), ""),
        next((type_of(content.get("schema", {})) for content in answers), ""),
    )


def shape(name: str, about: dict[str, Any]) -> Shape:
    required = about.get("required", [])
    fields = tuple(
        (field, type_of(kind), field in required)
        for field, kind in about.get("properties", {}).items()
    )
    return Shape(about.get("title", name), about.get("description", ""), fields)


def type_of(schema: dict[str, Any]) -> str:
    """A schema in a word: its name, or its type."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2].rpartition("_")[2]
    if "oneOf" in schema or "anyOf" in schema:
        options: list[dict[str, Any]] = schema.get("oneOf") or schema["anyOf"]
        return " | ".join(dict.fromkeys(type_of(option) for option in options))
    if schema.get("type") == "array":
        return f"[{type_of(schema.get('items', {}))}]"
    if "const" in schema or "enum" in schema:
        return msgspec.json.encode(schema.get("enum") or schema["const"]).decode()
    kind = schema.get("type", "any")
    return str(schema.get("format") or kind)
