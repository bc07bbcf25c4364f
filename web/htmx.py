"""The little that the server must know of htmx 4 (EDITOR.md): every page works without it."""

from collections.abc import Iterable, Mapping
from urllib.parse import quote

from litestar import Response
from litestar.response import Redirect

from web.request import AnyRequest, texts


def is_htmx(request: AnyRequest) -> bool:
    """Whether htmx asks for a piece of a page, rather than a browser for a whole one."""
    return request.headers.get("hx-request") == "true"


def source_id(request: AnyRequest) -> str:
    """The id of the element that asks, "" where it has none (`HX-Source: form#reply`)."""
    return request.headers.get("hx-source", "").partition("#")[2]


def partial(target: str, swap: str, html: str) -> str:
    """One piece of an answer that goes to its own place; several make one response.

    `target` and `swap` are ours, `html` was rendered by our own templates.
    """
    return f'<hx-partial hx-target="{target}" hx-swap="{swap}">{html}</hx-partial>'


def html_response(
    html: str | Iterable[str], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response[object]:
    """A piece of HTML, or several partials one after the other."""
    text = html if isinstance(html, str) else "".join(html)
    return Response(text, media_type="text/html", status_code=status, headers=headers)


def go_to(request: AnyRequest, path: str, notice: str = "") -> Response[object]:
    """After something was done: on to another page, with a word about it."""
    if is_htmx(request):
        to = quote(path, safe="%/:?#[]@!$&'()*+,;=~")  # a header has no letters beyond Latin ones
        answer: Response[object] = Response(None, status_code=204, headers={"HX-Redirect": to})
    else:
        answer = Redirect(path, status_code=303)
    if notice:
        words = quote(texts(request)(notice))
        answer.set_cookie("notice", words, max_age=30, httponly=True, samesite="lax")
    return answer
