"""One call, made now and kept nowhere: what the editor's preview does when somebody asks for it.

The same connectors, secrets and profiles as `calling`, without leases and without a record.
"""

from uuid import UUID

import pydantic
import structlog

from connectors.http import Http
from connectors.model import Model, ModelProfile
from connectors.net import GuardedClient
from flowengine.messages import Answered, AskModel, CallHttp, Refused, Said, Unclear
from flowengine.store.database import Database
from flowengine.store.errors import Unsealed
from flowengine.store.model_profiles import model_settings
from flowengine.store.secrets import reveal
from flowengine.store.vault import Vault
from workers.calling import DEFAULT_PROFILE, known

log = structlog.stdlib.get_logger()


async def ask(
    database: Database,
    vault: Vault,
    client: GuardedClient,
    tenant: UUID,
    effect: AskModel | CallHttp,
) -> Answered | Said | Refused | Unclear:
    """Make a call of a workspace once, whatever it does out there, and give its outcome."""
    try:
        if isinstance(effect, CallHttp):
            return await _call(database, vault, client, tenant, effect)
        return await _answer(database, vault, client, tenant, effect)
    except (Unsealed, pydantic.ValidationError):
        return Refused("auth", permanent=True, detail="a secret or profile cannot be opened")
    except Exception:
        log.exception("a call from the preview broke", effect=effect.id)
        return Unclear("our own error")


async def _call(
    database: Database, vault: Vault, client: GuardedClient, tenant: UUID, effect: CallHttp
) -> Answered | Refused | Unclear:
    names = {*effect.secrets, *([effect.auth] if effect.auth else [])}
    async with database.worker(tenant) as transaction:
        secrets = await reveal(transaction, vault, names) if names else {}
    return await Http(client).perform(effect, secrets)


async def _answer(
    database: Database, vault: Vault, client: GuardedClient, tenant: UUID, effect: AskModel
) -> Said | Refused | Unclear:
    key = effect.profile or DEFAULT_PROFILE
    async with database.worker(tenant) as transaction:
        settings = await model_settings(transaction, vault, key)
    if settings is None:
        return Refused("invalid", permanent=True, detail=f"no model profile {key}")
    passages = await known(database, tenant, effect)
    profile = ModelProfile.model_validate_json(settings)
    return await Model(profile, client).perform(effect, passages)
