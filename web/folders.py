"""Folders of the list of flows: names that flows carry, so a folder is there while one does."""

from collections.abc import Sequence

from litestar import Controller, Response, post
from litestar.params import FromPath
from msgspec import Struct

from flowengine.store import auditing, flows
from flowengine.store.database import Transaction
from web.forms import Form, read_form
from web.htmx import go_to, html_response, is_htmx, partial, source_id
from web.problems import Problem
from web.render import render_part
from web.request import AnyRequest, texts, workspace
from web.texts import _

LONGEST = 60
"""Characters of a folder's name."""


class Merging(Struct, frozen=True):
    """Two folders of one name: whether they become one is asked before."""

    name: str
    count: int


class Folders(Controller):
    """Everything that puts flows into folders."""

    path = "/"
    include_in_schema = False

    @post("/flows/{key:str}/folder")
    async def put(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        """`folder`: its name, made by its first flow; empty: none."""
        name = name_in(await read_form(request), "folder", required=False)
        async with workspace(request) as transaction:
            name = spelled(name, await names(transaction))
            rows = await flows.flows(transaction)
            before = next((row.folder for row in rows if row.key == key), name)
            await flows.set_folder(transaction, key, name)
            if before != name:
                was, became = {"folder": before}, {"folder": name}
                await auditing.note(transaction, "flows", key, "changed", became, was)
        notice = texts(request)(_("Guardado em {name}."), name=name) if name else _("Sem pasta.")
        return go_to(request, "/flows", notice)

    @post("/folders/rename")
    async def rename(self, request: AnyRequest) -> Response[object]:
        """`folder` is called `name` from now on. Where there is one of that name, it is asked
        whether both become one (`merge`)."""
        form, t = await read_form(request), texts(request)
        old, new = form.raw("folder"), name_in(form, "name")
        async with workspace(request) as transaction:
            known = await names(transaction)
            new = spelled(new, [each for each in known if each != old])
            if new in known and new != old and not form.flag("merge"):
                rows = await flows.flows(transaction)
                there = sum(row.folder == new for row in rows)
                return asked(request, Merging(new, there))
            await flows.rename_folder(transaction, old, new)
            done = "merged" if new in known and new != old else "changed"
            await auditing.note(transaction, "folders", old, done, {"name": new}, {"name": old})
        return go_to(request, "/flows", t(_("A pasta se chama {name}."), name=new))

    @post("/folders/dissolve")
    async def dissolve(self, request: AnyRequest) -> Response[object]:
        """The flows of `folder` are in none; none of them is removed."""
        form, t = await read_form(request), texts(request)
        async with workspace(request) as transaction:
            folder = form.raw("folder")
            count = await flows.rename_folder(transaction, folder, "")
            await auditing.note(transaction, "folders", folder, "removed", was={"name": folder})
        notice = _("{n} fluxo está sem pasta agora. | {n} fluxos estão sem pasta agora.")
        return go_to(request, "/flows", t(notice, n=count))


async def names(transaction: Transaction) -> list[str]:
    """The folders that there are."""
    return sorted({row.folder for row in await flows.flows(transaction)} - {""})


def name_in(form: Form, field: str, *, required: bool = True) -> str:
    """A folder's name as it was typed, in one line."""
    name = " ".join(form.text(field, None if required else "").split())
    if len(name) > LONGEST:
        raise Problem(
            _("O nome da pasta é longo demais: até {longest} caracteres."),
            place=field,
            longest=LONGEST,
        )
    return name


def spelled(name: str, known: Sequence[str]) -> str:
    """The name as a folder has it already: "vendas" is "Vendas"."""
    return next((each for each in known if each.casefold() == name.casefold()), name)


def asked(request: AnyRequest, merging: Merging) -> Response[object]:
    """The question, beside the form that was sent."""
    if not is_htmx(request):
        raise Problem(
            _("Já existe uma pasta com este nome."), status=409, mend=_("Escolha outro nome.")
        )
    html = render_part(request, "flows/_merge.html", merging=merging)
    return html_response(partial(f"#{source_id(request)}-error", "innerHTML", html))
