"""Templates of a channel's account, taken over: by the page of templates, and by the API."""

from connectors.registry import connector
from flowengine.messages import Refused, Unclear
from flowengine.store.channels import Channel
from flowengine.store.templates import Synced
from web.channel_care import opened
from web.problems import Problem
from web.request import AnyRequest, caller, services
from web.texts import _
from workers.templating import sync


def has_templates(channel: Channel) -> bool:
    """Whether the channel's provider has templates that can be read."""
    return hasattr(connector(channel.kind), "templates")


async def take_over(request: AnyRequest, channel: str) -> Synced:
    """Synchronise with a channel's account. Raises `Problem` where it does not let us."""
    _found, provider = await opened(request, channel)
    done = await sync(services(request).database, provider, caller(request).tenant)
    match done:
        case Refused(reason="unsupported"):
            raise Problem(
                _("Este canal não diz de qual conta são os modelos."),
                status=409,
                mend=_("Preencha o ID da conta do WhatsApp Business no canal."),
            )
        case Refused():
            raise Problem(
                _("A Meta não deu os modelos: {why}"),
                status=502,
                why=f"{done.code} {done.detail}".strip(),
            )
        case Unclear():
            raise Problem(_("A Meta não respondeu a tempo."), status=504)
        case _:
            return done
