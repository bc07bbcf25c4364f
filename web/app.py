"""The web application on one page: routes, templates, errors, headers."""

import sys

from litestar import Litestar
from litestar.config.compression import CompressionConfig
from litestar.datastructures import ResponseHeader, State
from litestar.types import ControllerRouterHandler, Receive, Scope, Send

from web.access import check_access
from web.admission import admit
from web.api import API, openapi
from web.assets import load_assets, serve_asset
from web.channel_care import ChannelCare
from web.channel_live import ChannelLive
from web.channel_switching import ChannelSwitching
from web.channels import Channels
from web.contacts import Contacts
from web.conversations import Conversations
from web.docs import docs
from web.doors import Doors
from web.duplicating import Duplicating
from web.earlier import Earlier
from web.editor import EDITOR
from web.editor.stage import Stages
from web.flow_versions import FlowVersions
from web.flows import Flows
from web.folders import Folders
from web.gallery import Gallery
from web.headers import HEADERS
from web.health import HEALTH
from web.importing import Importing
from web.invitations import Invitations
from web.leaving import Leaving
from web.library import Library
from web.media import linked_file, media, simulated_network
from web.origins import Origins
from web.problems import answer_problem
from web.recovery import Recovery
from web.render import make_environment
from web.reviews import Reviews
from web.runtime import Runtime
from web.scheduled import ScheduledMessages
from web.schemas import document_schema
from web.settings import SETTINGS
from web.sign_in import Account, SignIn
from web.simulator import Simulator
from web.trigger_overview import TriggerOverview
from web.webhooks import Entrance, Webhooks
from web.workspaces import Workspaces

ROUTES: list[ControllerRouterHandler] = [
    *HEALTH,
    serve_asset,
    Webhooks,
    simulated_network,
    SignIn,
    Invitations,
    Recovery,
    Account,
    Workspaces,
    Leaving,
    Simulator,
    Conversations,
    ScheduledMessages,
    Contacts,
    TriggerOverview,
    Gallery,
    Flows,
    FlowVersions,
    Duplicating,
    Folders,
    Importing,
    Earlier,
    *EDITOR,
    Channels,
    ChannelCare,
    ChannelLive,
    ChannelSwitching,
    *SETTINGS,
    media,
    linked_file,
    API,
    docs,
    document_schema,
]

LOCK_TURN = 0.0005
"""Seconds that a thread keeps Python's lock from who asks for it. What a designer waits for takes
a dozen short turns of the loop; at Python's own 5 ms each, a check in a thread beside it had them
wait longer than they work."""

LARGEST_FORM = 8 * 1024 * 1024  # bytes; webhooks and imports have smaller limits of their own

# Streams must not wait in a compressor; static files are compressed once; webhooks answer a word;
# a part of a file is a part of its own bytes.
PLAIN = ["^/static/", "^/webhooks/", "^/sim/", "^/media/", "^/files/", "/live$"]


class App(Litestar):
    """The application, with an entrance of its own for what providers post."""

    entrance: Entrance

    def serve(self, runtime: Runtime) -> None:
        """From here on it serves this product; of one that it served before it knows nothing."""
        doors = Doors()
        self.state.runtime, self.state.doors = runtime, doors
        self.state.library, self.state.reviews, self.state.stages = Library(), Reviews(), Stages()
        self.entrance = Entrance(runtime, doors)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # type: ignore[override]
        if self.entrance.takes(scope):
            await self.entrance(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(runtime: Runtime) -> App:
    """The application. It may be served before `runtime.boot.open(...)`: then pages say so."""
    sys.setswitchinterval(LOCK_TURN)
    assets = load_assets()
    app = App(
        route_handlers=ROUTES,
        guards=[admit],
        exception_handlers={Exception: answer_problem},
        response_headers=[ResponseHeader(name=n, value=v) for n, v in HEADERS.items()],
        middleware=[Origins()],
        compression_config=CompressionConfig(backend="gzip", minimum_size=1000, exclude=PLAIN),
        request_max_body_size=LARGEST_FORM,
        state=State({"assets": assets, "templates": make_environment(assets)}),
        openapi_config=openapi(runtime.version),
        logging_config=None,
    )
    app.serve(runtime)
    check_access(app)
    return app
