"""A finding's counter-example: the shortest chat that shows it, played in the preview."""

import asyncio
import time

import msgspec
from litestar import Controller, Response, post
from litestar.params import FromPath

from flowengine.explore.chats import with_chats
from flowengine.issue import Issue
from flowengine.store import flows
from flowengine.talks.format import parse_talk
from web.editor.suite import script_of_talk, write_script
from web.forms import read_form
from web.problems import Problem
from web.publishing import Review, Surroundings, around_flow, read_flow, review
from web.request import AnyRequest, texts, workspace
from web.texts import _

BUDGET, SECONDS = 4_000, 6.0
"""How far is looked while somebody waits."""


class FindingRoutes(Controller):
    """POST /flows/KEY/edit/finding."""

    path = "/flows/{key:str}/edit/finding"
    include_in_schema = False

    @post(status_code=200)
    async def chat(self, request: AnyRequest, key: FromPath[str]) -> Response[bytes]:
        """The chat that shows the finding of this code, node, exit and path."""
        async with workspace(request) as transaction:
            flow = read_flow((await flows.draft(transaction, key)).document)
            around = await around_flow(transaction, flow)
        form = await read_form(request)
        wanted = tuple(form.raw(name, "") for name in ("code", "node", "exit", "path"))
        found = await review(flow, around, texts(request).language)
        issue = next((each for each in found.issues if place_of(each) == wanted), None)
        if issue is None:
            raise Problem(_("Isto já foi corrigido."), status=409)
        talk = (await asyncio.to_thread(shown, found, issue, around)).talk
        if talk is None:
            raise Problem(
                _("Nenhuma conversa chega até lá."),
                status=404,
                mend=_("O próprio texto do achado diz o que corrigir."),
            )
        script = script_of_talk(parse_talk(msgspec.json.encode(talk)))
        return Response(write_script(script), media_type="application/json")


def place_of(issue: Issue) -> tuple[str, ...]:
    return (issue.code, issue.node, issue.exit, issue.path)


def shown(found: Review, issue: Issue, around: Surroundings) -> Issue:
    """The finding with the shortest chat that shows it, where one is found in time."""
    until = time.monotonic() + SECONDS
    others = {key: flow for key, flow in around.others.items() if key != found.flow.key}
    return with_chats(
        [issue],
        found.flow,
        others,
        around.workspace,
        budget=BUDGET,
        enough=lambda: time.monotonic() > until,
    )[0]
