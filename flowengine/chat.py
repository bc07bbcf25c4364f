"""What a conversation is, beside its executions: the stored state and one turn's input and output.

`Conversation` is stored. `Chat` is everything that `take` needs to know, `Taken` everything that
it wants written; both live for one inbox row only.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec
from msgspec import Struct

from flowengine.catalog import Catalog
from flowengine.compiled import Release
from flowengine.given import Given, Pick, World
from flowengine.happenings import AnyHappening
from flowengine.messages import Effect, Send, WakeAt
from flowengine.state import State
from flowengine.trail import Trail
from flowengine.upgrade_state import CONVERSATIONS, FIRST, upgraded

CONVERSATION_FORMAT = 1


class Owner(Struct, frozen=True, omit_defaults=True, gc=False):
    """Who answers: the bot, a queue (its key) or an agent (their id).

    `merged`: nobody any more, as the talk goes on in another conversation, whose id is here.
    """

    kind: Literal["bot", "queue", "agent", "merged"] = "bot"
    id: str = ""


class Offer(Struct, frozen=True, omit_defaults=True, gc=False):
    """What one visit of a node offered: kept as a row until erasure.

    `picks`: each choice as it was offered, titles rendered and items frozen.
    """

    id: str
    execution: str
    flow: str
    node: str
    visit: int
    picks: tuple[Pick, ...] = ()


class Held(Struct, frozen=True, omit_defaults=True, gc=False):
    """Something for an execution that came while a person owned the chat."""

    execution: str
    happening: AnyHappening


class Conversation(Struct, frozen=True, omit_defaults=True, gc=False):
    """The stored state of a conversation.

    `holder`: the execution in the foreground. `line`: executions queued for it, first in first
    out. `under`: those suspended beneath the holder, the last the nearest. `live`: execution to the
    hash of its release. `held`: kept for give-back. `cooldowns`: trigger ("flow/node") to when
    it may act again. `told`: marks of the events that `dedupe` lets act once, the latest.
    """

    id: str
    format: int = FIRST
    owner: Owner = Owner()
    epoch: int = 0
    holder: str = ""
    line: tuple[str, ...] = ()
    under: tuple[str, ...] = ()
    live: dict[str, str] = {}
    held: tuple[Held, ...] = ()
    last_inbound: datetime | None = None
    opted_out: bool = False
    cooldowns: dict[str, datetime] = {}
    told: tuple[str, ...] = ()


class Rules(Struct, frozen=True, omit_defaults=True, gc=False):
    """A workspace's rules for a conversation: opt-out words (folded when compared), the one
    confirmation that is sent, and the queue that gets a conversation which we broke."""

    opt_out: tuple[str, ...] = ("parar", "stop", "descadastrar")
    opt_out_text: str = (
        "Pronto, você não vai mais receber mensagens nossas. "
        "Se mudar de ideia, é só escrever para a gente."
    )
    rescue_queue: str = ""


class Trials(Struct, frozen=True, gc=False):
    """What a conversation must know of drafts on real phones (`flowengine.trials`).

    `codes`: what is said to join (folded) to the flow's key. `stops`: what is said to leave.
    `flows`: those that this contact tests now. `hello`, `bye`: what is answered. `broken`: tested
    flows whose draft cannot run now, and `sorry`, what is said of that.
    """

    codes: Mapping[str, str] = {}
    stops: frozenset[str] = frozenset()
    flows: frozenset[str] = frozenset()
    hello: str = ""
    bye: str = ""
    broken: frozenset[str] = frozenset()
    sorry: str = ""


class Chat(Struct, frozen=True, gc=False):
    """Everything `take` needs: loaded under the conversation's lock.

    `executions`: every live one. `releases`: by hash, those of the live executions. `world`: in
    full, `take` prunes it. `offer`: the stored offer of a tap that is not open. `unsent`: ids of
    sends that the provider has not taken. `wakes`: effect id to seconds left (null: not started).
    `trials`: where drafts are tried in this workspace.
    """

    conversation: Conversation
    executions: Mapping[str, State]
    releases: Mapping[str, Release]
    catalog: Catalog
    world: World
    rules: Rules = Rules()
    offer: Offer | None = None
    unsent: frozenset[str] = frozenset()
    wakes: Mapping[str, float | None] = {}
    trials: Trials | None = None


class Step(Struct, frozen=True, gc=False):
    """One call of `advance`, as the journal keeps it.

    The first step of a row is the routing itself: `execution` is empty, `route` says what happened
    and what was decided. `dropped`: effect ids that are awaited no more (their wakes can go).
    """

    execution: str
    release: str
    given: Given | None
    state: State | None
    effects: tuple[Effect, ...] = ()
    trail: tuple[Trail, ...] = ()
    dropped: tuple[str, ...] = ()
    route: tuple[str, ...] = ()


class Taken(Struct, frozen=True, gc=False):
    """What one inbox row did. Write all of it, in one transaction.

    `executions`: those that changed, ended ones too. `effects`: each with its execution (empty: the
    conversation's own, as the opt-out confirmation). `offers`: new rows. `cancel_sends`: a person
    took over, so the bot's unsent sends are dropped. `for_person`: the message is for the
    agent to read. `closed`: a person or flow closed the conversation. `world`: with the contact as
    it is now. `started`: releases of executions that began.
    """

    conversation: Conversation
    executions: Mapping[str, State]
    steps: tuple[Step, ...]
    effects: tuple[tuple[str, Effect], ...] = ()
    offers: tuple[Offer, ...] = ()
    dropped: tuple[str, ...] = ()
    cancel_sends: bool = False
    for_person: bool = False
    closed: bool = False
    world: World | None = None
    started: Mapping[str, Release] = {}


def follow(chat: Chat, taken: Taken) -> Chat:
    """The chat for the next row: what `taken` wants written, as if it had been loaded again.

    `chat` stays as it is; its `offer` is not looked up: the caller does that for each message.
    Cost: a few µs.
    """
    executions = {**chat.executions, **taken.executions}
    effects = [effect for _, effect in taken.effects]
    wakes = {name: left for name, left in chat.wakes.items() if name not in taken.dropped}
    wakes |= {effect.id: None for effect in effects if isinstance(effect, WakeAt)}
    return Chat(
        conversation=taken.conversation,
        executions={name: executions[name] for name in taken.conversation.live},
        releases={**chat.releases, **taken.started},
        catalog=chat.catalog,
        world=taken.world or chat.world,
        rules=chat.rules,
        unsent=chat.unsent | {effect.id for effect in effects if isinstance(effect, Send)},
        wakes=wakes,
        trials=chat.trials,
    )


_decoder = msgspec.json.Decoder(Conversation, float_hook=Decimal)


def decode_conversation(raw: bytes) -> Conversation:
    """The conversation that `flowengine.state.encode` wrote.

    One of an older format is upgraded. Raises `UnreadableState` for one that a newer version wrote.
    Cost: ~1 µs.
    """
    try:
        conversation = _decoder.decode(raw)
        if conversation.format == CONVERSATION_FORMAT:
            return conversation
    except msgspec.ValidationError:
        pass  # Of an older shape, or broken: upgrading tells which.
    return _decoder.decode(upgraded(raw, CONVERSATIONS, CONVERSATION_FORMAT, "conversation"))
