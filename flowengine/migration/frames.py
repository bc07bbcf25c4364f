"""One frame of the stack, carried from a flow's old version to its new one."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from flowengine.expressions import Env, EvaluationError, coerce, normalize
from flowengine.given import Pick
from flowengine.migration.plan import Loss, Move
from flowengine.migration.standing import choices_of, fits, has_timeout, is_timed, wants_choice
from flowengine.nodes.loop import LoopStep
from flowengine.run import CompiledFlow
from flowengine.state import Frame, Offered, Stand, State

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Carrying:
    """A frame on its way. `move` and `frame` are the result; `losses`, `drops` what it costs.

    `anew`: where the node is mapped and the frame cannot stand there, it may enter it.
    """

    def __init__(
        self,
        frame: Frame,
        old: CompiledFlow,
        new: CompiledFlow,
        mapping: Mapping[str, str],
        state: State,
        anew: bool,
    ) -> None:
        self.before, self.old, self.new, self.mapping = frame, old, new, mapping
        self.now, self.pending = state.now or _NEVER, state.pending
        self.losses: list[Loss] = []
        self.drops: list[str] = []
        self.lost_choices = False
        self.frame = frame
        self.move = self._move(anew)

    def _move(self, anew: bool) -> Move:
        node = self.before.node
        to = self._to(node)
        if not to:
            return self._nowhere("gone")
        step, stand = self.new.steps[to], self.before.stand
        offered = self._offered()
        stays = fits(stand, self.old.steps[node], step)
        chooses = (
            stays and stand is not None and stand.waiting_for == "reply" and wants_choice(step)
        )
        lacks = chooses and self._could_choose(stand) and not self._picks(offered)
        if stays and not lacks:
            self.frame = self._carried(to, offered, self._stand(to, offered))
            return Move(self.before.flow, node, "mapped" if to != node else "stays", to)
        if anew and node in self.mapping:
            self.frame = self._carried(to, offered, Stand("foreground"))
            return Move(self.before.flow, node, "anew", to)
        return self._nowhere("choices" if lacks else "kind")

    def _nowhere(self, why: Any) -> Move:
        return Move(self.before.flow, self.before.node, "nowhere", why=why)

    def _to(self, node: str) -> str:
        """The node's name in the new version; empty where it is gone."""
        to = self.mapping.get(node, node)
        return to if to in self.new.steps else ""

    def _carried(self, to: str, offered: dict[str, Offered], stand: Stand | None) -> Frame:
        return msgspec.structs.replace(
            self.before,
            node=to,
            variables=self._variables(),
            stand=stand,
            loops=self._loops(),
            offered=offered,
            last_offered=self._to(self.before.last_offered),
            spoken=self._to(self.before.spoken),
        )

    def lose(self, what: Any, name: str = "", value: Any = None) -> None:
        self.losses.append(Loss(what, self.before.flow, self.before.node, name, value))

    # -- how it stands ---------------------------------------------------------------------------

    def _stand(self, to: str, offered: Mapping[str, Offered]) -> Stand | None:
        stand = self.before.stand
        if stand is None or stand.waiting_for == "foreground":
            return stand
        if stand.of:
            self._tell_lost_choices(stand.of, offered)
            stand = msgspec.structs.replace(stand, of=self._to(stand.of))
        step = self.new.steps[to]
        if stand.timeout and not is_timed(step):
            if stand.timeout in self.pending:
                self.drops.append(stand.timeout)
                self.lose("timer", stand.timeout)
            stand = msgspec.structs.replace(stand, timeout="")
        elif has_timeout(step) and not has_timeout(self.old.steps[self.before.node]):
            self.lose("untimed")
        return stand

    # -- what it offered -------------------------------------------------------------------------

    def _offered(self) -> dict[str, Offered]:
        """What was offered stays on offer, as the customer sees it, where it still is a choice."""
        found: dict[str, Offered] = {}
        for node, offer in self.before.offered.items():
            to = self._to(node)
            choices = choices_of(self.new.steps[to]) if to else None
            if choices is None:
                continue
            shown = self._shown(node)
            constant = choices.constant
            if constant is None:
                # Which rows there are is known when it is asked again; these were seen.
                found[to] = msgspec.structs.replace(offer, picks=shown)
                continue
            known = {pick.id for pick in constant}
            picks = tuple(pick for pick in shown if pick.id in known and not pick.dynamic)
            page = offer.page if len(picks) == len(shown) else 0
            kept = () if picks == constant else picks
            if picks:
                found[to] = msgspec.structs.replace(offer, picks=kept, page=page)
        return found

    def _shown(self, node: str) -> tuple[Pick, ...]:
        return self.old.steps[node].picks(self.before) if node in self.old.steps else ()

    def _could_choose(self, stand: Stand | None) -> bool:
        """Whether it can be answered now: it expects no choice yet, or some are on offer."""
        of = stand.of if stand else ""
        return not wants_choice(self.old.steps[self.before.node]) or bool(of and self._shown(of))

    def _picks(self, offered: Mapping[str, Offered]) -> tuple[Pick, ...]:
        """What may be chosen where the frame will stand."""
        of = self._to(self.before.stand.of) if self.before.stand else ""
        if not of:
            return ()
        return self.new.steps[of].picks(msgspec.structs.replace(self.before, offered=dict(offered)))

    def _tell_lost_choices(self, of: str, offered: Mapping[str, Offered]) -> None:
        left = {pick.id for pick in self._picks(offered)}
        for pick in self._shown(of):
            if pick.id not in left:
                self.lost_choices = True
                self.lose("choice", pick.id, pick.title)

    # -- what it knows ---------------------------------------------------------------------------

    def _loops(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for node, at in self.before.loops.items():
            to = self._to(node)
            if to and isinstance(self.new.steps[to], LoopStep):
                found[to] = at
            else:
                self.lose("loop", node, at)
        return found

    def _variables(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in self.before.variables.items():
            was, now = self.old.types.get(name), self.new.types.get(name)
            if was == now or (value is None and now is not None):
                found[name] = value
            elif now is None:
                if value is not None:
                    self.lose("variable", name, value)
            else:
                self._convert(found, name, value)
        return found

    def _convert(self, found: dict[str, Any], name: str, value: Any) -> None:
        env = Env(now=self.now, timezone=self.new.zone, language=self.new.language)
        try:
            new = normalize(coerce(value, self.new.types[name], env))
        except EvaluationError:
            self.lose("variable", name, value)
            return
        found[name] = new
        if new != value:
            self.lose("converted", name, value)
