"""How long what was said is kept, and when the workspace stays silent: forms of /settings."""

from litestar import Controller, Response, post

from flowengine.store import policies
from web.forms import Form, read_form
from web.htmx import go_to
from web.policies import keeping_of, quiet_of
from web.problems import Problem
from web.request import AnyRequest, workspace
from web.texts import _


class PolicySettings(Controller):
    path = "/settings"
    include_in_schema = False

    @post("/keeping")
    async def keeping(self, request: AnyRequest) -> Response[object]:
        """An empty field keeps for ever. What is too old goes within the hour, for good."""
        form = await read_form(request)
        months, days = keeping_of(
            whole_number(form, "keep_months"), whole_number(form, "keep_media_days")
        )
        if (months or days) and form.text("sure", "") != "yes":
            raise Problem(_("Confirme que o que for mais antigo pode ser apagado."), place="sure")
        async with workspace(request) as transaction:
            await policies.set_keeping(transaction, months, days)
        return go_to(request, "/settings", _("Prazos guardados."))

    @post("/quiet")
    async def quiet(self, request: AnyRequest) -> Response[object]:
        """Both empty: never quiet."""
        form = await read_form(request)
        begins, ends = quiet_of(form.text("quiet_from", "", 5), form.text("quiet_until", "", 5))
        async with workspace(request) as transaction:
            await policies.set_quiet(transaction, begins, ends)
        return go_to(request, "/settings", _("Horas de silêncio guardadas."))


def whole_number(form: Form, name: str) -> int | None:
    """A number somebody typed; None where the field is empty."""
    text = form.text(name, "", 6)
    if not text:
        return None
    if not text.isdecimal():
        raise Problem(_("{name} é um número inteiro."), place=name, name=name)
    return int(text)
