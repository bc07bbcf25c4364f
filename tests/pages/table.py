"""The pages, by hand; a route of the product that is on neither list fails a test.

A page is on it once for each state that looks different: full, empty, with a dialog open, refused.
"""

from collections.abc import Callable

from msgspec import Struct

from connectors.registry import CONNECTORS
from tests.pages import acts, drawing
from tests.pages.acts import Act
from tests.pages.chats import Room
from tests.pages.kinds import KINDS

Path = str | Callable[[dict[str, str], dict[str, Room]], str]


class Sight(Struct, frozen=True):
    """A page as somebody sees it.

    `route`: its line of `web.access.ACCESS`, whose {…} are filled from the house's names. `path`:
    where that is not enough; `{room:queue}` is a conversation. `who`: a role; "empty": the owner of
    the empty workspace; "": a stranger; what is behind a "+" tells two windows of one person apart.
    `act`: what is done before one looks. `status`: of the answer. `time`: "" or an odd one of
    `odd_times`. `stays`: the window may get another width without doing it all again.
    """

    name: str
    route: str
    path: str = ""
    who: str = "owner"
    act: Act | None = None
    status: int = 200
    time: str = ""
    stays: bool = False

    @property
    def address(self) -> str:
        return self.path or self.route.partition(" ")[2]


def pages(name: str, route: str, *more: Sight, path: str = "") -> tuple[Sight, ...]:
    """A page full and empty."""
    return (Sight(name, route, path), Sight(f"{name}-empty", route, path, "empty"), *more)


SIGHTS: tuple[Sight, ...] = (
    # Who is not in yet.
    Sight("sign-in", "GET /sign-in", who=""),
    Sight("sign-in-wrong", "GET /sign-in", who="", act=acts.wrong_password, status=200),
    Sight("sign-in-used", "GET /sign-in/{token}", "/sign-in/used-up", "", status=410),
    Sight("invitation", "GET /invite/{token}", who="", act=acts.have_account),
    Sight("invitation-used", "GET /invite/{token}", "/invite/some-token", "", status=410),
    Sight("workspace-new", "GET /workspaces/new"),
    Sight("password-forgotten", "GET /password/forgotten", who=""),
    Sight("password", "GET /password"),
    Sight("not-found", "GET /flows/{key}", "/flows/nao-existe", status=404),
    Sight("not-found-anywhere", "GET /flows", "/nada/disso", status=404),
    Sight("forbidden", "GET /settings/keys", who="agent", status=403),
    Sight("moved", "GET /flows", who="owner+moved", act=acts.other_workspace),
    Sight("starting", "GET /sign-in", who="", status=503, time="starting"),
    Sight("starting-stuck", "GET /sign-in", who="", status=503, time="stuck"),
    Sight("broken", "GET /invite/{token}", "/invite/some-token", "", status=500, time="broken"),
    Sight("password-forgotten-mail", "GET /password/forgotten", who="", time="mail"),
    Sight("password-refused", "GET /password", act=acts.refused("password-form", password="a")),
    # The phone.
    Sight("try", "GET /"),
    Sight("try-talking", "GET /", act=acts.say_hello),
    Sight("try-attach", "GET /", act=acts.menu(".attach > summary")),
    Sight("try-none", "GET /", who="empty"),
    Sight("account-menu", "GET /scheduled", act=acts.account_menu),
    # Conversations.
    *pages("inbox", "GET /conversations"),
    Sight("inbox-queue", "GET /conversations", "/conversations?view=queue"),
    Sight("inbox-closed", "GET /conversations", "/conversations?view=closed"),
    Sight("inbox-found-nothing", "GET /conversations", "/conversations?q=zzzz"),
    Sight("conversation", "GET /conversations/{conversation}"),
    Sight("conversation-beginning", "GET /conversations/{conversation}", act=acts.scroll_up),
    Sight("conversation-about", "GET /conversations/{conversation}", act=acts.about),
    Sight("conversation-plan", "GET /conversations/{conversation}", act=acts.plan),
    Sight("conversation-queue", "GET /conversations/{conversation}", "/conversations/{room:queue}"),
    Sight("conversation-bot", "GET /conversations/{conversation}", "/conversations/{room:bot}"),
    Sight("conversation-closed", "GET /conversations/{conversation}",
          "/conversations/{room:closed}"),
    Sight("conversation-viewer", "GET /conversations/{conversation}", who="viewer"),
    Sight("replay", "GET /conversations/{conversation}/replay", act=acts.drawn),
    Sight("why", "GET /messages/{message}/why", act=acts.drawn),
    *pages("scheduled", "GET /scheduled"),
    Sight("scheduled-one", "GET /scheduled/{message}", "/scheduled/{scheduled}"),
    # Contacts.
    *pages("contacts", "GET /contacts"),
    Sight("contacts-new", "GET /contacts", act=acts.dialog("new")),
    Sight("contacts-new-refused", "GET /contacts", act=acts.refused("new-contact", phone="12")),
    Sight("contacts-found-nothing", "GET /contacts", "/contacts?q=zzzz"),
    Sight("contact", "GET /contacts/{contact}"),
    Sight("contact-open", "GET /contacts/{contact}", act=acts.unfold_all),
    Sight("contact-viewer", "GET /contacts/{contact}", who="viewer"),
    # Flows.
    *pages("flows", "GET /flows"),
    *pages("flows-new", "GET /flows/new"),
    Sight("flows-new-paste", "GET /flows/new", "/flows/new?start=paste"),
    *pages("flows-new-example", "GET /flows/new", path="/flows/new?example=triagem"),
    Sight("flows-import", "GET /flows", act=acts.dialog("import")),
    Sight("flows-import-over", "GET /flows", act=acts.import_again),
    Sight("flows-folder-menu", "GET /flows", act=acts.menu(".folder-menu > summary")),
    Sight("flows-folder-put", "GET /flows", act=acts.put_into_folder),
    Sight("flows-folder-new", "GET /flows", act=acts.new_folder),
    Sight("flows-folder-rename", "GET /flows", act=acts.rename_folder),
    Sight("flows-viewer", "GET /flows", who="viewer"),
    *pages("triggers", "GET /flows/triggers"),
    Sight("triggers-asked", "GET /flows/triggers", "/flows/triggers?said=oi"),
    Sight("flow", "GET /flows/{key}", "/flows/triagem"),
    Sight("flow-menu", "GET /flows/{key}", "/flows/triagem",
          act=acts.menu(".head details.menu > summary")),
    Sight("flow-500", "GET /flows/{key}", "/flows/enorme"),
    Sight("flow-all", "GET /flows/{key}", "/flows/tudo"),
    Sight("flow-blank", "GET /flows/{key}", "/flows/vazio"),
    Sight("flow-viewer", "GET /flows/{key}", "/flows/triagem", "viewer"),
    Sight("flow-broken", "GET /flows/{key}", "/flows/com-erros"),
    Sight("flow-json", "GET /flows/{key}/json", "/flows/triagem/json"),
    Sight("flow-versions", "GET /flows/{key}/versions", "/flows/mudanca/versions"),
    Sight("flow-versions-earlier", "GET /flows/{key}/versions", "/flows/pesquisa/versions",
          act=acts.settled),
    Sight("flow-versions-none", "GET /flows/{key}/versions", "/flows/com-erros/versions"),
    Sight("flow-version", "GET /flows/{key}/versions/{number}", "/flows/mudanca/versions/1"),
    Sight("flow-publish", "GET /flows/{key}/publish", "/flows/mudanca/publish", act=acts.settled),
    Sight("flow-publish-broken", "GET /flows/{key}/publish", "/flows/com-erros/publish"),
    Sight("flow-testers", "GET /flows/{key}/testers", "/flows/mudanca/testers", act=acts.settled),
    Sight("flow-testers-none", "GET /flows/{key}/testers", "/flows/triagem/testers"),
    Sight("flow-moves-none", "GET /flows/{key}/moves", "/flows/plano/moves"),
    Sight("numbers-big", "GET /flows/{key}/numbers", "/flows/triagem/numbers", act=acts.drawn),
    Sight("flow-moves", "GET /flows/{key}/moves", "/flows/mudanca/moves", act=acts.settled),
    # The canvas.
    Sight("editor", "GET /flows/{key}/edit", "/flows/triagem/edit", act=acts.drawn),
    *(Sight(f"editor-step-{id}", "GET /flows/{key}/edit", "/flows/triagem/edit",
            act=drawing.step(id))
      for id in ("menu", "aberto", "equipe")),
    *(Sight(f"editor-kind-{kind}", "GET /flows/{key}/edit", "/flows/passos/edit",
            act=drawing.step(kind), stays=True) for kind in KINDS),
    Sight("editor-step-language", "GET /flows/{key}/edit", "/flows/passos/edit",
          act=drawing.step_then("message", "[data-tongue=en]", "#inspector [name=language]+*")),
    Sight("editor-step-value", "GET /flows/{key}/edit", "/flows/passos/edit",
          act=drawing.step_then("message", "button.data", ".ed-pick")),
    Sight("editor-step-refused", "GET /flows/{key}/edit", "/flows/passos/edit",
          act=drawing.refused),
    Sight("editor-blank", "GET /flows/{key}/edit", "/flows/vazio/edit", act=acts.drawn),
    Sight("editor-all", "GET /flows/{key}/edit", "/flows/tudo/edit", act=acts.drawn),
    Sight("editor-kinds", "GET /flows/{key}/edit", "/flows/passos/edit", act=acts.drawn),
    Sight("editor-menu", "GET /flows/{key}/edit", "/flows/triagem/edit",
          act=drawing.menu),
    Sight("editor-search", "GET /flows/{key}/edit", "/flows/triagem/edit",
          act=drawing.press("[data-act=search]", ".ed-pick")),
    Sight("editor-chosen", "GET /flows/{key}/edit", "/flows/triagem/edit", act=drawing.all_chosen),
    Sight("editor-waiting", "GET /flows/{key}/edit", "/flows/triagem/edit", act=drawing.waiting),
    Sight("editor-try-chat", "GET /flows/{key}/edit", "/flows/triagem/edit", act=drawing.chatting),
    Sight("editor-try-asked", "GET /flows/{key}/edit", "/flows/passos/edit", act=drawing.asked),
    Sight("editor-try-who", "GET /flows/{key}/edit", "/flows/triagem/edit", act=drawing.setup),
    Sight("editor-try-events", "GET /flows/{key}/edit", "/flows/triagem/edit", act=drawing.events),
    Sight("editor-try-tests", "GET /flows/{key}/edit", "/flows/triagem/edit", act=drawing.tests),
    Sight("editor-finding", "GET /flows/{key}/edit", "/flows/com-aviso/edit", act=drawing.finding),
    Sight("editor-settings", "GET /flows/{key}/edit", "/flows/triagem/edit",
          act=drawing.press("[data-act=flow]", "#inspector form")),
    Sight("editor-issues", "GET /flows/{key}/edit", "/flows/com-erros/edit",
          act=drawing.press("#issues-button", "#issues *")),
    Sight("editor-outline", "GET /flows/{key}/edit", "/flows/triagem/edit",
          act=drawing.press("[data-act=outline]", "#outline *")),
    Sight("editor-try", "GET /flows/{key}/edit", "/flows/triagem/edit",
          act=drawing.press("[data-preview]", "#preview")),
    Sight("editor-viewer", "GET /flows/{key}/edit", "/flows/triagem/edit", "viewer", acts.drawn),
    Sight("editor-500", "GET /flows/{key}/edit", "/flows/enorme/edit", act=acts.drawn),
    Sight("changes", "GET /flows/{key}/changes", "/flows/mudanca/changes", act=acts.drawn),
    Sight("numbers", "GET /flows/{key}/numbers", "/flows/mudanca/numbers", act=acts.drawn),
    Sight("changes-none", "GET /flows/{key}/changes", "/flows/triagem/changes", act=acts.drawn),
    Sight("numbers-none", "GET /flows/{key}/numbers", "/flows/passos/numbers", act=acts.drawn),
    # Channels.
    *pages("channels", "GET /channels"),
    Sight("channel-simulator", "GET /channels/{channel}"),
    *(Sight(f"channel-{kind}", "GET /channels/{channel}", f"/channels/{{channel:{kind}}}")
      for kind in sorted(CONNECTORS) if kind != "simulator"),
    Sight("channel-plan", "GET /channels/{channel}/plan"),
    Sight("channel-viewer", "GET /channels/{channel}", who="viewer"),
    *(Sight(f"channel-new-{kind}", "GET /channels/new/{kind}", f"/channels/new/{kind}")
      for kind in sorted(CONNECTORS)),
    # Settings.
    Sight("settings", "GET /settings"),
    Sight("settings-viewer", "GET /settings", who="viewer"),
    *pages("settings-queues", "GET /settings/queues"),
    Sight("settings-queues-open", "GET /settings/queues", act=acts.unfold),
    Sight("settings-queues-refused", "GET /settings/queues",
          act=acts.refused("queue-new", name="")),
    *pages("settings-schedules", "GET /settings/schedules"),
    Sight("settings-schedules-open", "GET /settings/schedules", act=acts.unfold),
    *pages("settings-fields", "GET /settings/fields"),
    *pages("settings-tags", "GET /settings/tags"),
    *pages("settings-constants", "GET /settings/constants"),
    *pages("settings-secrets", "GET /settings/secrets"),
    *pages("settings-knowledge", "GET /settings/knowledge"),
    Sight("settings-knowledge-one", "GET /settings/knowledge/{key}", "/settings/knowledge/loja"),
    Sight("settings-knowledge-open", "GET /settings/knowledge/{key}", "/settings/knowledge/loja",
          act=acts.unfold),
    *pages("settings-models", "GET /settings/models"),
    *pages("settings-subscriptions", "GET /settings/subscriptions"),
    *pages("settings-dead-letters", "GET /settings/dead-letters"),
    *pages("settings-people", "GET /settings/people"),
    Sight("settings-person", "GET /settings/people/{user}"),
    Sight("settings-person-removed", "GET /settings/people/{user}/remove"),
    Sight("workspace-leave", "GET /workspace/leave", who="admin"),
    Sight("workspace-leave-last", "GET /workspace/leave"),
    *pages("settings-templates", "GET /settings/templates"),
    Sight("settings-people-viewer", "GET /settings/people", who="viewer"),
    Sight("settings-templates-open", "GET /settings/templates", act=acts.unfold),
    *pages("settings-audit", "GET /settings/audit"),
    *pages("settings-keys", "GET /settings/keys"),
    Sight("settings-keys-made", "GET /settings/keys",
          act=acts.sent("/settings/keys", ".note.ok", name="Painel da loja")),
    Sight("settings-saved", "GET /settings/tags",
          act=acts.sent("tag-edit-1", "#toast .toast", name="Cliente VIP")),
    # For programs.
    Sight("api-docs", "GET /api/docs"),
)  # fmt: skip

STREAM, PART, FILE, JSON = "a stream of events", "a piece of a page", "a file", "for programs"

NOT_PAGES: dict[str, str] = {
    "GET /health": JSON,
    "GET /health/ready": JSON,
    "GET /health/db": JSON,
    "GET /health/redis": JSON,
    "GET /health/queues": JSON,
    "GET /health/channels": JSON,
    "GET /metrics": JSON,
    "GET /static/{digest}/{name}": FILE,
    "GET /webhooks/{kind}/{channel}": JSON,
    "GET /phone/live": STREAM,
    "GET /phone/files/{file}": FILE,
    "GET /conversations/list": PART,
    "GET /conversations/{conversation}/earlier": PART,
    "GET /conversations/{conversation}/live": STREAM,
    "GET /media/{asset}": FILE,
    "GET /flows/export.zip": FILE,
    "GET /flows/{key}/export": FILE,
    "GET /flows/{key}/earlier": PART,
    "GET /flows/{key}/earlier/{rev}/export": FILE,
    "GET /files/{token}": FILE,
    "GET /schemas/{name}": JSON,
    "GET /flows/{key}/edit/issues": PART,
    "GET /flows/{key}/edit/steps/{node}": PART,
    "GET /flows/{key}/edit/talks": PART,
    "GET /flows/{key}/edit/talks/{talk}": JSON,
    "GET /flows/{key}/edit/talks/{talk}/script": JSON,
    "GET /flows/{key}/edit/live": STREAM,
    "GET /channels/{channel}/live": STREAM,
    "GET /channels/{channel}/session/live": STREAM,
    "GET /flows/{key}/edit/flow": PART,
    "GET /flows/{key}/edit/outline": PART,
    "GET /flows/{key}/edit/board": PART,
    "GET /flows/{key}/moves/list": PART,
    "GET /flows/{key}/testers/door/{channel}": PART,
    "GET /flows/{key}/moves/places": PART,
    "GET /flows/{key}/publish/rehearsal": PART,
    "GET /flows/{key}/publish/standing": PART,
    "GET /channels/{channel}/session": PART,
    "GET /api/openapi.json": JSON,
    "GET /api": JSON,
    "GET /api/{path}": JSON,
}
"""What a browser may ask for and is no page, and why."""
