"""Pages of a channel's fallback, and of the plan that moves its contacts to another one."""

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from flowengine.store import channels, fallbacks, plans
from flowengine.store.channels import Channel
from flowengine.store.fallbacks import Fallback
from flowengine.store.plan_report import Rate, Report, Side
from flowengine.store.plans import Plan
from web.api.channel_switching import reported
from web.channels import may_edit
from web.forms import Form, as_uuid, read_form
from web.htmx import go_to
from web.problems import Problem
from web.render import render
from web.request import AnyRequest, services, workspace
from web.switching import after_of, both, percent_of
from web.texts import _


class SideLine(Struct, frozen=True):
    """One side of a plan, by its channel's name."""

    name: str
    side: Side

    def rates(self) -> tuple[tuple[str, Rate], ...]:
        return (
            (_("Entregues"), self.side.delivered),
            (_("Lidas"), self.side.read),
            (_("Falharam"), self.side.failed),
        )


class PlanPage(Struct, frozen=True):
    """`plan` None: none is under way; `others` are what it could lead to."""

    channel: Channel
    others: tuple[Channel, ...]
    plan: Plan | None
    target: Channel | None
    report: Report | None
    sides: tuple[SideLine, ...]
    may_edit: bool

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        return tuple((str(each.id), each.name) for each in self.others)


class ChannelSwitching(Controller):
    path = "/channels/{channel:str}"
    include_in_schema = False

    @post("/fallback")
    async def fallback(self, request: AnyRequest, channel: FromPath[str]) -> Response[object]:
        """`to` empty: fall back to nothing."""
        form = await read_form(request)
        to = form.text("to", "")
        async with workspace(request) as transaction:
            found = await channels.channel(transaction, as_uuid(channel))
            if not to:
                await fallbacks.remove_fallback(transaction, found.id)
            else:
                _found, other = await both(transaction, found.id, as_uuid(to))
                after = after_of(number_of(form, "minutes") * 60)
                back = form.text("go_back", "") == "yes"
                await fallbacks.put_fallback(transaction, Fallback(found.id, other.id, after, back))
        words = _("Canal reserva guardado.") if to else _("Sem canal reserva.")
        return go_to(request, f"/channels/{found.id}", words)

    @get("/plan")
    async def page(self, request: AnyRequest, channel: FromPath[str]) -> Response[object]:
        async with workspace(request) as transaction:
            found = await channels.channel(transaction, as_uuid(channel))
            every = await channels.channels(transaction)
            plan = await current(request, found)
        others = tuple(each for each in every if each.id != found.id)
        target = next((each for each in others if plan and each.id == plan.to_channel_id), None)
        told = (await reported(request, str(plan.id)))[1] if plan else None
        sides = (
            (
                SideLine(found.name, told.old),
                SideLine(target.name if target else "", told.new),
            )
            if told
            else ()
        )
        page = PlanPage(found, others, plan, target, told, sides, may_edit(request))
        return render(request, "channels/plan.html", page)

    @post("/plan")
    async def begin(self, request: AnyRequest, channel: FromPath[str]) -> Response[object]:
        """A plan begins with its first percentage."""
        form = await read_form(request)
        percent = percent_of(number_of(form, "percent"))
        async with workspace(request) as transaction:
            found, other = await both(transaction, as_uuid(channel), as_uuid(form.text("to")))
            once = form.text("at_once", "") == "yes"
            await plans.make_plan(transaction, found.id, other.id, percent, once)
        services(request).workers.ring()
        return go_to(request, f"/channels/{found.id}/plan", _("Troca começada."))

    @post("/plan/change")
    async def change(self, request: AnyRequest, channel: FromPath[str]) -> Response[object]:
        """`act` undo or end; else another percentage."""
        form = await read_form(request)
        act = form.text("act", "")
        async with workspace(request) as transaction:
            found = await channels.channel(transaction, as_uuid(channel))
            plan = await current(request, found)
            if plan is None:
                raise Problem(_("Não há troca em andamento neste canal."), status=409)
            if act in ("undo", "end"):
                state = "undoing" if act == "undo" else "ended"
                await plans.change_plan(transaction, plan.id, state=state)
            else:
                await plans.change_plan(
                    transaction,
                    plan.id,
                    percent=percent_of(number_of(form, "percent")),
                    at_once=form.text("at_once", "") == "yes",
                )
        services(request).workers.ring()
        return go_to(request, f"/channels/{found.id}/plan", _("Troca guardada."))


async def current(request: AnyRequest, channel: Channel) -> Plan | None:
    """The channel's plan that has not ended."""
    async with workspace(request) as transaction:
        every = await plans.plans(transaction)
    mine = (p for p in every if p.from_channel_id == channel.id and p.state != "ended")
    return next(mine, None)


def number_of(form: Form, name: str) -> int:
    text = form.text(name)
    if not text.isdecimal() or len(text) > 6:
        raise Problem(_("Aqui vai um número."), place=name)
    return int(text)
