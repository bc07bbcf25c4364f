"""Telling other systems what flows notify: signed, at least once, for some hours.

The body is JSON; `X-Flowengine-Signature` is "sha256=" and the HMAC-SHA256 of its very bytes with
the subscription's secret, `Idempotency-Key` the same for every try of the same notice.
"""

import hashlib
import hmac
from uuid import UUID

import msgspec

from connectors.http import Http
from connectors.net import GuardedClient
from flowengine.messages import Answered, CallHttp, Refused, Unclear
from flowengine.store.calls import Call, put_off_call
from flowengine.store.database import Database
from flowengine.store.errors import NotFound, Unsealed
from flowengine.store.subscriptions import Notice, end_tell, notice_of, reveal_subscription
from flowengine.store.vault import Vault

MOST = 12
"""Tries; with pauses that double from 2 seconds to an hour that is about three hours."""

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 3600.0
TIMEOUT = 15.0
AGAIN = frozenset({408, 409, 425, 429})
"""Statuses that ask for another try though they are the caller's fault by number."""


async def tell(
    database: Database, vault: Vault, client: GuardedClient, owner: UUID, call: Call
) -> None:
    """Tell a subscription once; a try that fails is put off, the last one is a dead letter.

    `owner`: whose lease the call is under.
    """
    notice = notice_of(call)
    try:
        async with database.worker(call.tenant) as transaction:
            url, secret = await reveal_subscription(transaction, vault, notice.subscription)
    except NotFound:
        await _end(database, call)  # nobody wants to hear of it any more
        return
    except Unsealed:
        await _end(database, call, Refused("auth", permanent=True, detail="the secret is sealed"))
        return
    outcome = await Http(client).perform(_request(call, notice, url, secret), {})
    refused = _refusal(outcome)
    if refused is None:
        await _end(database, call)
    elif refused.permanent or call.attempt >= MOST:
        await _end(database, call, refused)
    else:
        async with database.worker() as transaction:
            await put_off_call(transaction, call.id, owner, _pause(call.attempt))


def _request(call: Call, notice: Notice, url: str, secret: str) -> CallHttp:
    told = notice.tell
    body = {
        "id": told.id,
        "name": told.name,
        "data": told.data,
        "conversation": str(call.conversation),
        "flow": told.flow,
        "node": told.node,
    }
    signed = hmac.new(secret.encode(), msgspec.json.encode(body), hashlib.sha256).hexdigest()
    return CallHttp(
        id=told.id,
        node=told.node,
        flow=told.flow,
        method="POST",
        url=url,
        headers={"X-Flowengine-Signature": f"sha256={signed}"},
        body=body,
        timeout=TIMEOUT,
    )


def _refusal(outcome: Answered | Refused | Unclear) -> Refused | None:
    """Why it does not count as told; None where it does."""
    match outcome:
        case Refused():
            return outcome
        case Unclear():
            return Refused("transient", permanent=False, detail=outcome.reason)
        case Answered():
            if outcome.status < 300:
                return None
            code, passing = f"http_{outcome.status}", outcome.status in AGAIN
            if passing or outcome.status >= 500:
                return Refused("transient", permanent=False, code=code)
            return Refused("invalid", permanent=True, code=code)


def _pause(attempt: int) -> float:
    return min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE)


async def _end(database: Database, call: Call, refused: Refused | None = None) -> None:
    async with database.worker() as transaction:
        await end_tell(transaction, call, refused)
