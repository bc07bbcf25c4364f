"""What goes wrong, said to people and programs: plain words on pages, problem+json in the API.

A stack trace is never shown: it goes to the log under a short number, and the number is shown.
"""

import logging
import re
from collections.abc import Mapping
from secrets import token_hex
from typing import Any, cast
from urllib.parse import quote, urlsplit
from uuid import UUID

import msgspec
from litestar import Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.response import Redirect
from msgspec import Struct

from flowengine.store import errors
from flowengine.store.errors import StoreError
from flowengine.store.trouble import is_away, is_unstorable
from web.headers import HEADERS
from web.htmx import html_response, is_htmx, partial, source_id
from web.render import render, render_part
from web.request import AnyRequest, Me, Workspace, texts
from web.runtime import NotReady
from web.texts import Texts, _

log = logging.getLogger("web")


AWAY = 2
"""Seconds after which to ask again what the database was away for."""


class Problem(Exception):
    """Something that the reader can mend. `place`: the field or path; `mend`: what to do.
    `retry_after`: seconds, where it is only too early. `headers`: more of the answer.
    `title`: where the one of its `status` would say something else.

    Raised by handlers; 422 where the input is wrong, 409 where the world has moved on.
    """

    def __init__(
        self,
        detail: str,
        *,
        status: int = 422,
        place: str = "",
        mend: str = "",
        retry_after: int = 0,
        headers: Mapping[str, str] | None = None,
        title: str = "",
        **values: object,
    ) -> None:
        super().__init__(detail)
        self.headers = dict(headers or {})
        if retry_after:
            self.headers["Retry-After"] = str(retry_after)
        self.detail, self.status, self.place, self.mend = detail, status, place, mend
        self.title = title or TITLES.get(status, TITLES[500])
        self.values = values

    def said(self, t: Texts) -> tuple[str, str]:
        """What happened and what to do, in a language; values that are words of ours too."""
        values = {name: t(v) if isinstance(v, str) else v for name, v in self.values.items()}
        return t(self.detail, **values), t(self.mend, **values)


class NotFound(Problem):
    """No such thing here, or it belongs to another workspace: the two look the same."""

    def __init__(self) -> None:
        super().__init__(_("Isto não existe aqui, ou foi removido."), status=404)


class OtherWorkspace(Problem):
    """The page that asks was made in a workspace that its session has left since.

    `was`: that workspace, None where the reader is no member of it (any more).
    """

    def __init__(self, who: Me, place: UUID) -> None:
        self.was = next((one for one in who.workspaces if one.id == place), None)
        mend = _("Esta página é de outro espaço.")
        if self.was is not None:
            mend = _("Esta página é de {was}, e agora você está em {now}. Nada foi feito.")
        super().__init__(
            _("Você mudou de espaço em outra aba."),
            status=409,
            mend=mend,
            headers={"X-Problem": "workspace"},
            was=self.was.name if self.was else "",
            now=who.workspace,
        )


class SignInNeeded(Exception):
    """A page was asked for without a session."""


class ProblemBody(Struct, frozen=True, omit_defaults=True):
    """RFC 9457, with `place` and `mend`."""

    title: str
    status: int
    detail: str = ""
    place: str = ""
    mend: str = ""
    type: str = "about:blank"


class ErrorPage(Struct, frozen=True):
    status: int
    title: str
    detail: str
    mend: str = ""


class MovedPage(Struct, frozen=True):
    """`was`: the workspace of the page that was sent, and `back` that page's path."""

    detail: str
    mend: str
    was: Workspace | None
    back: str


class StartingPage(Struct, frozen=True):
    stage: str
    problem: str


TITLES = {
    400: _("O pedido veio errado"),
    401: _("É preciso entrar"),
    403: _("Isto não é para o seu papel"),
    404: _("Não encontrado"),
    405: _("Não é assim que se pede isto"),
    409: _("Alguém mudou isto antes"),
    410: _("Apagado"),
    412: _("Alguém mudou isto antes"),
    413: _("Grande demais"),
    422: _("Há algo para corrigir"),
    429: _("Devagar"),
    500: _("Erro nosso"),
    503: _("Ainda não"),
}


TYPES: dict[type[Problem], str] = {OtherWorkspace: "/problems/workspace"}
"""Of what a script must tell apart from other problems of its status."""


def answer_problem(request: AnyRequest, problem: Exception) -> Response[object]:
    """The one exception handler of the app."""
    answer = answer_for(request, problem)
    answer.headers.update(HEADERS)
    return answer


def answer_for(request: AnyRequest, problem: Exception) -> Response[object]:
    """By who asks: a browser gets a page, htmx a piece of one, a program JSON."""
    if isinstance(problem, NotReady):
        return not_ready(request)
    if isinstance(problem, SignInNeeded):
        return sign_in_first(request)
    known = as_problem(request, problem)
    headers = known.headers
    if speaks_json(request):
        return problem_json(known, texts(request), headers)
    if is_htmx(request):
        return problem_partial(request, known)
    if isinstance(known, OtherWorkspace):
        return moved_page(request, known)
    detail, mend = known.said(texts(request))
    page = ErrorPage(known.status, known.title, detail, mend)
    return render(request, "error.html", page, status=known.status, headers=headers)


def as_problem(request: AnyRequest, problem: Exception) -> Problem:
    """Any exception as words for the reader; our own bugs are logged under a number."""
    if isinstance(problem, Problem):
        return problem
    if isinstance(problem, StoreError):
        return of_store(problem)
    if isinstance(problem, ValidationException):
        extra = cast("list[dict[str, Any]]", problem.extra or [{}])[0]
        said, name = str(extra.get("message", problem.detail)), str(extra.get("key", ""))
        if request.url.path.startswith("/api/"):  # programs get the framework's own words
            return Problem(said, status=400, place=name)
        return Problem(
            _("O endereço tem um valor que não serve: {name}."),
            status=400,
            place=name,
            mend=_("Volte à página e siga por um botão ou link dela."),
            name=name,
        )
    if isinstance(problem, HTTPException):
        known = {
            404: NotFound().detail,
            405: _("Este endereço não aceita este método."),
            413: _("O que você mandou é grande demais: nada foi guardado."),
        }
        detail = known.get(problem.status_code, problem.detail)
        mend = (
            _("Mande um arquivo menor, ou divida em partes.") if problem.status_code == 413 else ""
        )
        return Problem(detail, status=problem.status_code, mend=mend)
    if is_away(problem):
        log.warning("the database is away: %s on %s", type(problem).__name__, request.url.path)
        return Problem(
            _("O banco de dados não responde agora."),
            status=503,
            mend=_("Nada foi perdido: tente de novo em instantes."),
            retry_after=AWAY,
        )
    if is_unstorable(problem):
        if any("\0" in part or _LONG.fullmatch(part) for part in request.url.path.split("/")):
            return NotFound()
        return Problem(
            _("Há ali um caractere nulo, ou um número que não cabe em lugar nenhum."),
            mend=_("Apague-o e escreva de novo."),
        )
    number = token_hex(4)
    log.error("error %s on %s %s", number, request.method, request.url.path, exc_info=problem)
    return Problem(
        _("Algo quebrou do nosso lado. Nada foi perdido: tente de novo em instantes."),
        status=500,
        place=number,
        mend=_("Se continuar, mande este número a quem cuida do servidor: {number}"),
        number=number,
    )


_LONG = re.compile(r"\d{10,}")
"""A number of an address that is no number of ours."""


def of_store(problem: StoreError) -> Problem:
    """The store's refusals in the reader's words."""
    match problem:
        case errors.NotFound():
            return NotFound()
        case errors.Taken():
            return Problem(_("Já existe um com este nome."), status=409)
        case errors.NotPublished():
            return Problem(
                _("Um fluxo no ar chama «{missing}», que ficaria fora do ar: {names}. | Fluxos no "
                  "ar chamam «{missing}», que ficaria fora do ar: {names}."),
                status=409,
                title=_("Outro fluxo depende deste"),
                mend=_("Tire antes essa chamada, ou tire do ar quem chama."),
                n=len(problem.callers),
                missing="», «".join(problem.missing),
                names=", ".join(f"«{name}»" for name in problem.callers),
            )  # fmt: skip
        case errors.Tried():
            return Problem(
                _("Um rascunho testado num celular tem exatamente este nome e este conteúdo."),
                status=409,
                mend=_("Mude o nome do fluxo e publique de novo."),
            )
        case errors.InUse():
            return Problem(
                _("Isto ainda está em uso."), status=409, mend=_("Tire-o de lá e tente de novo.")
            )
        case errors.Stale():
            return Problem(
                _("Outra pessoa salvou isto antes."),
                status=409,
                mend=_("Recarregue a página e faça a mudança de novo."),
            )
        case errors.AlreadyGone():
            return Problem(_("Isto já está em andamento, ou já acabou."), status=409)
        case errors.OutOfTime():
            return Problem(
                _("Este horário já passou, ou é longe demais."),
                mend=_("Escolha um horário daqui a no máximo 90 dias."),
            )
        case errors.TooMany():
            return Problem(
                _("Seria mais do que cabe aqui."), mend=_("Divida em dois, ou apague o que sobra.")
            )
        case errors.LastOwner():
            return Problem(_("Um espaço precisa de ao menos um dono."), status=409)
        case _:
            return Problem(_("Não foi possível guardar."), status=409)


def speaks_json(request: AnyRequest) -> bool:
    """A program, or a script of a page that asks for JSON."""
    machine = request.url.path.startswith(("/api/", "/webhooks/", "/health", "/metrics"))
    return machine or request.headers.get("accept", "") == "application/json"


def problem_json(
    problem: Problem, t: Texts, headers: dict[str, str] | None = None
) -> Response[object]:
    """The problem as `application/problem+json`, in the reader's language."""
    detail, mend = problem.said(t)
    body = ProblemBody(
        title=t(problem.title),
        status=problem.status,
        detail=detail,
        place=problem.place,
        mend=mend,
        type=TYPES.get(type(problem), "about:blank"),
    )
    return Response(
        msgspec.json.encode(body),
        status_code=problem.status,
        media_type="application/problem+json",
        headers=headers or {},
    )


def problem_partial(request: AnyRequest, problem: Problem) -> Response[object]:
    """For htmx: next to the form that was sent (`ID-error`), else as a toast."""
    source = source_id(request)
    detail, mend = problem.said(texts(request))
    if isinstance(problem, OtherWorkspace):
        back = page_path(request.headers.get("hx-current-url", ""))
        bar = render_part(
            request, "_moved.html", was=problem.was, detail=detail, mend=mend, back=back
        )
        return html_response(partial("#toast", "innerHTML", bar), problem.status, problem.headers)
    html = render_part(request, "_problem.html", detail=detail, mend=mend)
    if source and problem.status in (409, 422, 429):
        pieces = partial(f"#{source}-error", "innerHTML", html)
    else:
        toast = render_part(request, "_toast.html", detail=detail, mend=mend)
        pieces = partial("#toast", "innerHTML", toast)
    return html_response(pieces, problem.status)


def moved_page(request: AnyRequest, problem: OtherWorkspace) -> Response[object]:
    """For a form sent without scripts: what happened, and the way back to where it was."""
    detail, mend = problem.said(texts(request))
    back = page_path(request.headers.get("referer", ""))
    page = MovedPage(detail, mend, problem.was, back)
    return render(request, "moved.html", page, status=problem.status, headers=problem.headers)


def page_path(address: str) -> str:
    """The path of a page of ours by its whole address, which browsers tell."""
    return urlsplit(address).path or "/"


def sign_in_first(request: AnyRequest) -> Response[object]:
    """To the sign-in page, and back here afterwards."""
    if is_htmx(request):
        page = page_with_query(request.headers.get("hx-current-url", ""))
        return Response(None, status_code=204, headers={"HX-Redirect": sign_in_for(page)})
    if speaks_json(request):
        problem = Problem(
            _("Sua sessão terminou."),
            status=401,
            mend=_("Entre de novo em outra aba; esta página espera."),
        )
        return problem_json(problem, texts(request))
    page = page_with_query(str(request.url)) if request.method == "GET" else "/"
    return Redirect(sign_in_for(page), status_code=303)


def page_with_query(address: str) -> str:
    """`page_path` with what is asked of the page, too."""
    query = urlsplit(address).query
    return page_path(address) + (f"?{query}" if query else "")


def sign_in_for(page: str) -> str:
    """The address of the sign-in page that leads to a page of ours."""
    return "/sign-in" if page == "/" else f"/sign-in?next={quote(page, safe='/')}"


def not_ready(request: AnyRequest) -> Response[object]:
    """503 for programs; for people a page that asks again by itself."""
    boot = request.app.state.runtime.boot
    headers = {"Retry-After": "2", "Cache-Control": "no-store"}
    if speaks_json(request):
        problem = Problem(boot.problem or boot.stage, status=503)
        return problem_json(problem, texts(request), headers)
    page = StartingPage(boot.stage, boot.problem)
    return render(request, "starting.html", page, status=503, headers=headers)
