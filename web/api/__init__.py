"""The REST API, `/api/v1`: what pages do, for programs with a key or a signed-in user's token.

Answers are JSON, problems `application/problem+json` with `place` and `mend`. Lists come in pages:
`next` is the cursor of the next one. What begins something takes an `Idempotency-Key`.
"""

from litestar import Router
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from web.api.audit import ApiAudit
from web.api.channel_health import ApiChannelHealth
from web.api.channel_session import ApiChannelSession
from web.api.channel_switching import ApiChannelPlans, ApiFallback
from web.api.channels import ApiChannels
from web.api.contacts import ApiContacts
from web.api.conversations import ApiConversations
from web.api.dead_letters import ApiDeadLetters
from web.api.events import ApiEvents
from web.api.flows import ApiFlows
from web.api.knowledge import ApiKnowledge
from web.api.media import ApiMedia
from web.api.messages import ApiMessages
from web.api.moves import ApiMoves
from web.api.policy import ApiPolicy
from web.api.scheduled import ApiScheduled
from web.api.subscriptions import ApiSubscriptions
from web.api.templates import ApiTemplates
from web.api.testers import ApiTesters
from web.api.tokens import ApiTokens

API = Router(
    path="/api/v1",
    route_handlers=[
        ApiEvents,
        ApiFlows,
        ApiTesters,
        ApiMoves,
        ApiChannels,
        ApiChannelHealth,
        ApiChannelSession,
        ApiFallback,
        ApiChannelPlans,
        ApiContacts,
        ApiKnowledge,
        ApiConversations,
        ApiMessages,
        ApiMedia,
        ApiDeadLetters,
        ApiPolicy,
        ApiScheduled,
        ApiSubscriptions,
        ApiTemplates,
        ApiTokens,
        ApiAudit,
    ],
    security=[{"key": []}, {"token": []}],
)


def openapi(version: str) -> OpenAPIConfig:
    """The description of the API, at /api/openapi.json; /api/docs draws it."""
    return OpenAPIConfig(
        title="Flowengine",
        version=version,
        description=__doc__,
        path="/api",
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        use_handler_docstrings=True,
        components=Components(
            security_schemes={
                "key": SecurityScheme(type="http", scheme="bearer", description="An API key: fe_…"),
                "token": SecurityScheme(
                    type="http",
                    scheme="bearer",
                    bearer_format="JWT",
                    description="An access token of a signed-in user: POST /api/v1/tokens.",
                ),
            }
        ),
    )


__all__ = ["API", "openapi"]
