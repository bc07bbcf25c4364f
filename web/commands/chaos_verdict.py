"""What came of a chaos run: every transcript against its script, and against the journal.

For each customer, what the provider took for them, in its order, is compared twice.

*With the script*: the texts, to the letter. One that is missing is **lost**, one too many is
**doubled**, and texts that are all there but in another order are **out of order**. Where the
customer wrote two messages at once, the script allows both orders in which they may have come in.

*With the journal*: the pure engine is run again over each execution's journal and must give the
same bytes; the sends among its effects, each by its id, must be what the provider took, in the
journal's order. So a text that happens to be right but was sent for another effect is found too.

**Doubled, to be precise.** Meta has no idempotency key. A connection that is cut leaves it open
whether the message was taken, and then only a status that carries our id can tell. Two policies:

- `resend`: silence for the channel's limit, while statuses of later messages do come, is taken as
  "it never arrived", and the message is sent again. Should the first one have arrived after all
  (its status came later than the limit), the customer gets it twice: that counts as doubled here.
- `flag`: it is never sent again; a person is told. The customer may never get it. Such a message
  is counted as **flagged**, not as lost: it is in the dead letters, and this checks that it is. One
  that the provider had taken after all counts as flagged too; one that it took twice as doubled.
  What a flagged customer hears is compared with the journal only.

**Lost** counts also what a customer wrote and the inbox does not have, and work that never ended.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

from msgspec import Struct

from flowengine.store.audit import GivenUp, Said
from web.commands.chaos_people import Person, text_of
from web.commands.chaos_refold import Journaled


class Tally(Struct):
    """The faults, and a sentence for each of the first ones."""

    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0
    statuses_behind: int = 0
    differs: int = 0
    flagged: int = 0
    faults: list[str] = []

    def say(self, who: str, what: str) -> None:
        self.faults.append(f"{who}: {what}")

    @property
    def clean(self) -> bool:
        faults = (self.lost, self.doubled, self.out_of_order, self.statuses_behind, self.differs)
        return not any(faults) and not self.faults


def judge(
    people: Sequence[Person],
    said: Sequence[Said],
    dead: Sequence[GivenUp],
    journals: Mapping[UUID, Journaled],
) -> Tally:
    """Compare all of it."""
    tally = Tally(flagged=len(dead))
    by_phone: dict[str, list[Said]] = {}
    for each in said:
        by_phone.setdefault(each.phone.removeprefix("+"), []).append(each)
    given_up = {each.message_id for each in dead}
    for person in people:
        mine = by_phone.get(person.phone, [])
        found = [_journal(tally, person, mine, given_up, journals)]
        if not person.flagged:
            found.append(_script(tally, person))
        _count(tally, *(max(each) for each in zip(*found, strict=True)))
        _inbound(tally, person, mine)
        _statuses(tally, person, mine, given_up)
    for each in dead:
        if each.reason != "unclear":
            tally.say(each.phone, f"a send was given up: {each.reason}")
    return tally


Faults = tuple[int, int, int]
"""Lost, doubled, and whether the order is another."""


def compare(got: Sequence[str], wanted: Sequence[str]) -> Faults:
    """What is wrong with what was got."""
    has, needs = Counter(got), Counter(wanted)
    lost, more = (needs - has).total(), (has - needs).total()
    both = list((has & needs).elements())
    if lost or more:
        return lost, more, int(_only(got, both) != _only(wanted, both))
    return 0, 0, int(list(got) != list(wanted))


def _only(texts: Sequence[str], kept: Sequence[str]) -> list[str]:
    """Those of `texts` that are in `kept`, each at its first place."""
    return [text for text in dict.fromkeys(texts) if text in set(kept)]


def _count(tally: Tally, lost: int, doubled: int, disorder: int) -> None:
    tally.lost += lost
    tally.doubled += doubled
    tally.out_of_order += disorder


def _script(tally: Tally, person: Person) -> Faults:
    found = min(compare(person.heard, told) for told in person.script.heard)
    if any(found):
        tally.say(person.phone, f"{person.script.story}: heard {person.heard}")
    return found


def _inbound(tally: Tally, person: Person, mine: Sequence[Said]) -> None:
    """Each message of theirs is in the inbox's book exactly once."""
    stored = Counter(each.provider_id for each in mine if each.direction == "in")
    for wamid in person.wrote:
        if stored[wamid] == 0:
            tally.lost += 1
            tally.say(person.phone, f"what they wrote is not there: {wamid}")
    doubled = sum(count - 1 for count in stored.values())
    if doubled:
        tally.doubled += doubled
        tally.say(person.phone, "what they wrote is there twice")


def _journal(
    tally: Tally,
    person: Person,
    mine: Sequence[Said],
    given_up: set[UUID],
    journals: Mapping[UUID, Journaled],
) -> Faults:
    ids = {each.effect_id: each.id for each in mine if each.author == "bot"}
    texts = {each.id: each.text for each in mine}
    status = {each.id: each.status for each in mine}
    wanted: list[UUID] = []
    for room in dict.fromkeys(each.conversation_id for each in mine):
        journal = journals[room]
        tally.differs += journal.differs
        if journal.differs:
            tally.say(person.phone, "the engine gives other bytes than the journal has")
        for effect, text in journal.sends:
            id_ = ids.get(effect)
            if id_ is None or texts[id_] != text:
                tally.lost += 1
                tally.say(person.phone, f"the journal's send {effect} has no message")
            elif id_ not in given_up and status[id_] != "dropped":
                wanted.append(id_)
    agents = {each.id for each in mine if each.author == "agent"}
    taken = [message_of(sent.body) for sent in person.sent]
    got = [id_ for id_ in taken if id_ not in agents and id_ not in given_up]
    lost, doubled, disorder = compare([str(i) for i in got], [str(i) for i in wanted])
    doubled += sum(n - 1 for id_, n in Counter(taken).items() if id_ in given_up)
    if lost or doubled or disorder:
        heard = [(str(message_of(s.body)), text_of(s)) for s in person.sent]
        tally.say(person.phone, f"the journal says {wanted}, the provider has {heard}")
    return lost, doubled, disorder


def _statuses(tally: Tally, person: Person, mine: Sequence[Said], given_up: set[UUID]) -> None:
    """All three statuses of each message were told, in some order: "read" must stand."""
    taken = {message_of(sent.body) for sent in person.sent} - given_up
    for each in mine:
        if each.id in taken and each.status != "read":
            tally.statuses_behind += 1
            tally.say(person.phone, f"{each.text!r} is {each.status}, and was read")


def message_of(body: Mapping[str, object]) -> UUID:
    """The id of our message, as it came to the provider in the callback."""
    return UUID(str(body["biz_opaque_callback_data"]).partition(":")[0])
