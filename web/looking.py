"""A look at all channels of a workspace, asked for by a page or a program."""

from flowengine.store.channel_health import Result
from web.problems import Problem
from web.request import AnyRequest, caller, services
from web.texts import _
from workers.watch import Busy


async def looked_now(request: AnyRequest, deep: bool) -> Result:
    """The round of the caller's workspace, done at once."""
    try:
        return await services(request).workers.look_at_channels(caller(request).tenant, deep)
    except Busy:
        raise Problem(
            _("Já estamos olhando os canais."),
            status=409,
            mend=_("Espere {seconds} s e tente de novo."),
            retry_after=10,
            seconds=10,
        ) from None
