"""Templates: one Struct per page, its template, and what every page may use beside it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from litestar import Response
from markupsafe import Markup
from msgspec import Struct

from web import shows, words
from web.assets import Assets
from web.kinds import KINDS
from web.offers import may
from web.request import AnyRequest, known, runtime, texts

TEMPLATES = Path(__file__).parent / "templates"


def make_environment(assets: Assets) -> Environment:
    """Jinja2 for pages: everything is escaped, a name that is not there is an error."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    loose = cast("Any", environment)  # Jinja2 does not type what one may put into these
    loose.globals.update(asset=assets.url, icon=icon_of(assets), KINDS=KINDS, **words.TABLES)
    loose.globals["may"] = pass_context(may)
    loose.filters.update(shows.FILTERS)
    return environment


def icon_of(assets: Assets) -> Any:
    sprite = assets.url("vendor/icons.svg")

    def icon(name: str) -> Markup:
        return Markup('<svg class="i" aria-hidden="true"><use href="{}#{}"/></svg>').format(
            sprite, name
        )

    return icon


def render(
    request: AnyRequest,
    template: str,
    page: Struct,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response[object]:
    """A whole page."""
    context = context_of(request) | {"page": page}
    html = request.app.state.templates.get_template(template).render(context)
    answer: Response[object] = Response(
        html,
        media_type="text/html",
        status_code=status,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )
    if context["notice"]:
        answer.delete_cookie("notice")
    return answer


def render_part(request: AnyRequest, template: str, **values: Any) -> str:
    """A piece of a page, by the same partial that the page includes."""
    return request.app.state.templates.get_template(template).render(context_of(request) | values)


def context_of(request: AnyRequest) -> dict[str, Any]:
    """What every template may use: `me` (None for strangers), `t`, `theme`, `csrf`, `zone` …"""
    me = known(request)
    t = texts(request)
    return {
        "me": me,
        "csrf": me.csrf if me else "",
        "t": t,
        "language": t.language,
        "zone": me.timezone if me else "America/Sao_Paulo",
        "embedded": runtime(request).embedded,
        "new_workspaces": runtime(request).new_workspaces,
        "theme": request.cookies.get("theme", "auto"),
        "notice": unquote(request.cookies.get("notice", "")),
        "path": request.url.path,
    }
