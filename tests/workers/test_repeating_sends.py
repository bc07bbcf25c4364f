"""A send whose message has an id of ours may be sent again blindly: it is the same message."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from connectors.base import Policy
from flowengine.messages import Send, Text, Unclear
from flowengine.store.lanes import Head
from flowengine.store.verdicts import Again, Doubt, Failed, Verdict
from workers.deciding import REPEATED, Ask, Go, Wait, decide, judge
from workers.resolving import resolve

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ID = UUID(int=1)
SEND = Send(id="e1.1", node="n", flow="f", content=Text("oi"))
NOBODY_IS_ASKED = cast("Any", None)


def head(state: str, next_at: datetime | None = None) -> Head:
    return Head(
        id=ID, conversation=ID, tenant=ID, channel=ID, contact=ID, state=state, attempt=1,
        effect=b"", author="bot", epoch=0, conversation_epoch=0, created_at=NOW,
        horizon=NOW + timedelta(days=1), next_at=next_at, sending_at=NOW, channel_kind="baileys",
        channel_state="active", channel_rate=None, channel_updated_at=NOW,
        channel_next_send_at=None, identities=(),
    )  # fmt: skip


async def asked(policy: Policy) -> Go | Wait | Verdict:
    return await resolve(
        NOBODY_IS_ASKED, head("unknown"), SEND, Ask(), policy, NOW, REPEATED, repeatable=True
    )


async def test_an_unclear_one_is_sent_again_after_a_moment():
    doubt = judge(Unclear("cut"), 1, REPEATED)
    assert isinstance(doubt, Doubt)
    assert decide(head("sending"), SEND, NOW, REPEATED) == Doubt(REPEATED)
    assert isinstance(decide(head("unknown", NOW - timedelta(seconds=1)), SEND, NOW), Ask)
    assert await asked("resend") == Again(0.0)


async def test_a_workspace_may_want_a_person_to_look_all_the_same():
    flagged = await asked("flag")
    assert isinstance(flagged, Failed)
    assert flagged.flagged
