"""Hours: is it open now?"""

from flowengine.expressions import EvaluationError
from flowengine.nodes.base import Base
from flowengine.run import Run, Step
from flowengine.schedules import is_open
from flowengine.trail import CaseTaken
from flowengine.values import Key


class Hours(Base, tag="hours", frozen=True, kw_only=True):
    """Asks whether a schedule of the workspace is open now.

    - `schedule`: its key in the workspace.

    Exits: `open`, `closed`.

    Example::

        {"id": "aberto", "type": "hours", "schedule": "loja"}
    """

    schedule: Key


class HoursStep(Step):
    def __init__(self, node: Hours, _wired: frozenset[str]) -> None:
        self.schedule = node.schedule
        self.reads = frozenset({f"schedule.{node.schedule}"})

    def enter(self, run: Run) -> str | None:
        schedule = run.world.schedules.get(self.schedule)
        if schedule is None:
            raise EvaluationError(f"the schedule {self.schedule!r} does not exist", 1)
        exit = "open" if is_open(schedule, run.now) else "closed"
        run.trail.append(CaseTaken(run.frame.node, exit))
        return exit
