"""`take`: one row of a conversation's inbox, from what happened to everything that follows.

It routes, calls `advance` as often as that needs, hands the foreground on, and gives all of it as
one value. The runtime, `simulate`, talks, the preview and replay all come through here.
"""

from datetime import datetime

from flowengine.begins import contact_changed, event_came, fire, preference, start
from flowengine.chat import Chat, Held, Owner, Taken
from flowengine.compiled import Release
from flowengine.given import (
    Begin,
    HttpCame,
    Jump,
    ModelCame,
    PersonDone,
    PersonTook,
    Reply,
    SendFailed,
    Stale,
    Stop,
    Suspend,
    Woken,
)
from flowengine.given import Taken as SendWasTaken
from flowengine.happenings import (
    KINDS,
    AgentSaid,
    AnyHappening,
    ChannelSwitched,
    Closed,
    ContactChanged,
    ContactMerged,
    DraftBegun,
    DraftOver,
    EventCame,
    ExpiryDue,
    FlowStarted,
    GaveBack,
    HttpDone,
    MessageCame,
    ModelDone,
    MoveDue,
    Poisoned,
    PreferenceCame,
    RepliesLate,
    SendRefused,
    SendTaken,
    TookOver,
    WakeDue,
)
from flowengine.messages import ChangeContact, HandOver, Inbound, Send, Target, Text
from flowengine.migration.carrying_out import move_over
from flowengine.route import (
    NOT_INPUT,
    Answer,
    ForPerson,
    JumpTo,
    Nothing,
    OldTap,
    OptOut,
    Routed,
    StartNew,
    route,
)
from flowengine.taking import Taking
from flowengine.trials import end_strays, end_tests, joins_or_leaves, make_way, owns_up

EVERYTHING = "all"
"""The purpose whose consent an opt-out withdraws: whatever was not asked for."""


def take(
    chat: Chat, happening: AnyHappening, seq: int, now: datetime, received_at: datetime
) -> Taken:
    """Everything that one inbox row (`happening`) does.

    `chat`: what was loaded under the conversation's lock. `seq`: the row's number, from which new
    executions get their ids. `now`, `received_at`: the database's clock. Changes nothing; the same
    arguments give the same bytes. Cost: that of its calls of `advance`, and ~8 µs.
    """
    taking = Taking(chat, seq, now, received_at, _heard(chat, happening))
    taking.note(KINDS[type(happening)])
    if taking.owner.kind == "merged":
        taking.note("it goes on in another conversation")
        return taking.result()
    if chat.trials is not None:
        end_strays(taking, chat.trials)
    match happening:
        case MessageCame():
            _message(taking, happening)
        case WakeDue():
            _wake(taking, happening)
        case SendTaken():
            _outcome(taking, happening.effect, SendWasTaken(happening.effect))
        case SendRefused():
            _outcome(taking, happening.effect, SendFailed(happening.effect, happening.refused))
        case HttpDone():
            _http(taking, happening)
        case ModelDone():
            _outcome(taking, happening.effect, ModelCame(happening.effect, happening.outcome))
        case FlowStarted():
            start(taking, happening)
        case EventCame():
            event_came(taking, happening)
        case TookOver():
            _took_over(taking, happening)
        case ChannelSwitched():
            taking.switched(happening.last_inbound)
        case GaveBack() | Closed():
            _person_done(taking, happening)
        case ContactChanged():
            contact_changed(taking, happening)
        case PreferenceCame():
            preference(taking, happening)
        case ExpiryDue():
            _expiry(taking, happening)
        case Poisoned():
            _poisoned(taking, happening)
        case RepliesLate():
            _replies_late(taking, happening)
        case ContactMerged():
            _merged(taking, happening)
        case MoveDue():
            move_over(taking, happening)
        case DraftBegun():
            make_way(taking, happening.flow)
        case DraftOver():
            end_tests(taking, "the test is over", happening.flows)
        case AgentSaid():
            pass
    if taking.leftover:
        _take_leftovers(taking)
    return taking.result()


# -- a message -----------------------------------------------------------------------------------


def _heard(chat: Chat, happening: AnyHappening) -> datetime | None:
    """When the customer said it, if this is something that they say."""
    if type(happening) is not MessageCame or chat.conversation.owner.kind == "merged":
        return None
    message = happening.message
    return None if message.kind in NOT_INPUT else message.at


def _message(taking: Taking, happening: MessageCame) -> None:
    chat, message = taking.chat, happening.message
    if chat.trials is not None and joins_or_leaves(taking, chat.trials, message):
        return
    routed = route(
        chat.catalog,
        taking.conversation() if taking.steps else chat.conversation,
        taking.holder_of_chat(),
        message,
        taking.world,
        chat.rules,
        taking.now,
        chat.offer,
        happening.first,
        taking.executions,
    )
    taking.routed(routed)
    if chat.trials is not None and message.kind not in NOT_INPUT:
        owns_up(taking, chat.trials, routed)
    _carry_out(taking, routed, message)


def _take_leftovers(taking: Taking) -> None:
    """Messages too early for an execution that then ended are messages like any other."""
    while taking.leftover and taking.owner.kind == "bot":
        message = taking.leftover.pop(0)
        taking.heard(message.at)
        _message(taking, MessageCame(message))


def _carry_out(taking: Taking, routed: Routed, message: Inbound) -> None:
    match routed:
        case Answer():
            taking.advance(routed.execution, Reply(message, routed.choice))
        case StartNew():
            _start_new(taking, routed, message)
        case OptOut():
            _opt_out(taking, routed.word)
        case ForPerson():
            taking.for_person = True
        case OldTap():
            event = Stale(routed.node, routed.flow, routed.pick, message)
            taking.advance(routed.execution, event)
        case JumpTo():
            event = Jump(routed.node, routed.flow, routed.then, routed.cause, message)
            taking.advance(routed.execution, event)
        case Nothing():
            pass
    if taking.under or taking.line:
        taking.settle()


def _opt_out(taking: Taking, word: str) -> None:
    """Consent is recorded, every execution ends, one confirmation is sent."""
    for execution in sorted(taking.live):
        taking.advance(execution, Stop("interrupted", "opted out"))
    _forget_all(taking)
    taking.opted_out = True
    taking.add(
        ChangeContact(taking.own_id(), "", "", consent={EVERYTHING: False}, proof=word),
        Send(taking.own_id(), "", "", Text(taking.chat.rules.opt_out_text)),
    )


def _start_new(taking: Taking, routed: StartNew, message: Inbound) -> None:
    if routed.instead_of:
        taking.advance(routed.instead_of, Stop("interrupted", "another flow was asked for"))
    release, to = _newest(taking, routed)
    taking.cooldowns[f"{routed.flow}/{routed.node}"] = taking.now
    begin = Begin(
        routed.cause,
        to,
        message=message,
        by_message=taking.holder == "",
        busy=routed.busy,
    )
    taking.begin(release, begin)


def _newest(taking: Taking, routed: StartNew) -> tuple[Release, str]:
    """The published release with this trigger, and the node after it.

    Where the trigger is gone from it: the pinned release. Where that only calls the trigger's flow
    (a sub-flow's `restart`): the pinned release from its beginning.
    """
    pinned = taking.known_release(routed.release)
    for release in (taking.chat.catalog.release(routed.flow), pinned):
        if release is not None and release.root == routed.flow:
            for trigger in release.flow.triggers:
                if trigger.node == routed.node:
                    return release, trigger.to
    if pinned is None:
        raise LookupError(f"no release has the trigger {routed.flow}/{routed.node}")
    return pinned, ""


# -- what was waited for -------------------------------------------------------------------------


def _outcome(
    taking: Taking, effect: str, event: SendWasTaken | SendFailed | HttpCame | ModelCame | Woken
) -> None:
    execution = effect.rpartition(".")[0]
    if execution in taking.live:
        taking.advance(execution, event)
        taking.settle()
    else:
        taking.note("the execution is over")


def _http(taking: Taking, happening: HttpDone) -> None:
    """An answer for an execution that cannot step on is kept for when it can."""
    execution = happening.effect.rpartition(".")[0]
    state = taking.executions.get(execution)
    if state is not None and state.status == "suspended":
        taking.held.append(Held(execution, happening))
        taking.note("held")
        return
    _outcome(taking, happening.effect, HttpCame(happening.effect, happening.outcome))


def _wake(taking: Taking, happening: WakeDue) -> None:
    execution = happening.effect.rpartition(".")[0]
    state = taking.executions.get(execution)
    owned = taking.owner.kind != "bot"
    if owned and state is not None and state.status != "transferred":
        taking.held.append(Held(execution, happening))
        taking.note("held")
        return
    standing = state is not None and state.status == "transferred"
    _outcome(taking, happening.effect, Woken(happening.effect))
    after = taking.executions.get(execution)
    moved_on = after is None or after.status != "transferred"
    if standing and moved_on and owned and not taking.handed_over:
        taking.owner = Owner()
        taking.after_person()


def _expiry(taking: Taking, happening: ExpiryDue) -> None:
    state = taking.executions.get(happening.execution)
    if state is None or state.given_at is None:
        taking.note("the execution is over")
        return
    expires = taking.release_of(happening.execution).flow.expires
    if (taking.now - state.given_at).total_seconds() < expires:
        taking.note("it does not expire yet")
        return
    taking.advance(happening.execution, Stop("expired"))
    taking.settle()


def _poisoned(taking: Taking, happening: Poisoned) -> None:
    """A row broke the engine three times: the execution it meant fails, a person looks at it."""
    if happening.execution in taking.live:
        taking.advance(happening.execution, Stop("failed", happening.reason))
    _rescue(taking, "Um erro nosso interrompeu o atendimento automático.")
    taking.settle()


def _replies_late(taking: Taking, happening: RepliesLate) -> None:
    """The customer waited too long for the bot: a person answers in its place."""
    if taking.owner.kind != "bot":
        taking.note("a person has it")
        return
    taking.cancel_sends = True
    execution = happening.effect.rpartition(".")[0]
    if execution in taking.live:
        late = "the reply could not leave in time"
        taking.advance(execution, Stop("failed", late, exit="late"))
    _rescue(taking, "A resposta automática não saiu a tempo.")
    taking.settle()


def _rescue(taking: Taking, briefing: str) -> None:
    """To the rescue queue, where nothing has given the conversation to a person yet."""
    queue = taking.chat.rules.rescue_queue
    if taking.owner.kind == "bot" and queue:
        target = Target(queue=queue)
        taking.add(HandOver(taking.own_id(), "", "", target, briefing=briefing))


# -- people --------------------------------------------------------------------------------------


def _took_over(taking: Taking, happening: TookOver) -> None:
    """The bot stands still where it is: its unsent messages and late answers are dropped."""
    was = taking.owner.kind
    taking.owner = Owner("agent", happening.agent)
    taking.epoch += 1
    if was == "bot":
        taking.cancel_sends = True
        if taking.holder:
            taking.suspend_holder(Suspend("person"))
    transferred = taking.transferred()
    if transferred:
        taking.advance(transferred, PersonTook(happening.agent))


def _merged(taking: Taking, happening: ContactMerged) -> None:
    """Two contacts are one person: one of their conversations on a channel goes on, one ends."""
    if happening.into:
        for execution in sorted(taking.live):
            taking.advance(execution, Stop("interrupted", "merged"))
        _forget_all(taking)
        taking.owner, taking.closed = Owner("merged", happening.into), True
        return
    contact_changed(taking, ContactChanged(happening.added_tags, happening.fields))
    if taking.owner.kind == "bot" and happening.agent:
        _took_over(taking, TookOver(happening.agent))
    elif taking.owner.kind == "bot" and happening.queue:
        target = Target(queue=happening.queue)
        taking.add(HandOver(taking.own_id(), "", "", target, briefing="Contatos unidos."))
        taking.settle()


def _forget_all(taking: Taking) -> None:
    """Nothing waits any more, nor lies beneath."""
    taking.line.clear()
    taking.under.clear()
    taking.held.clear()


def _person_done(taking: Taking, happening: GaveBack | Closed) -> None:
    """The agent is done: what stood at a transfer goes on; what was suspended goes on or ends."""
    if taking.owner.kind == "bot":
        taking.note("no person had it")
        return
    closed = isinstance(happening, Closed)
    taking.owner = Owner()
    taking.epoch += 1
    transferred = taking.transferred()
    done = _done(happening)
    if transferred:
        taking.advance(transferred, done)
    suspended = taking.suspended_by_person()
    if suspended and closed:
        taking.advance(suspended, Stop("interrupted", "closed by a person"))
    elif suspended:
        taking.restore(suspended, "resume")
    taking.after_person()
    if closed:
        taking.closed = True
        data = {"reason": done.note or "closed", "agent": done.agent, "minutes": done.minutes}
        fire(taking, "conversation_closed", "", data)
        taking.settle()


def _done(happening: GaveBack | Closed) -> PersonDone:
    if isinstance(happening, Closed):
        return PersonDone(
            "closed", happening.agent, minutes=happening.minutes, note=happening.reason
        )
    return PersonDone("returned", happening.agent)
