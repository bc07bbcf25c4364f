"""Tag: marks the contact."""

from flowengine.expressions import compile_template
from flowengine.messages import ChangeContact
from flowengine.nodes.base import Base
from flowengine.run import Run, Step


class Tag(Base, tag="tag", frozen=True, kw_only=True):
    """Adds and removes tags of the contact; later nodes see it.

    - `add`: tags to add, each a template.
    - `remove`: tags to take away, each a template.

    Exits: `next`.

    Example::

        {"id": "marca", "type": "tag", "add": ["lead"], "remove": ["frio"]}
    """

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


class TagStep(Step):
    def __init__(self, node: Tag, _wired: frozenset[str]) -> None:
        self.add = [compile_template(tag) for tag in node.add]
        self.remove = [compile_template(tag) for tag in node.remove]
        self.reads = frozenset[str]().union(*(t.reads for t in [*self.add, *self.remove]))

    def enter(self, run: Run) -> str | None:
        scope, env, frame = run.scope, run.env, run.frame
        change = ChangeContact(
            run.new_id(),
            frame.node,
            frame.flow,
            add_tags=tuple([tag.render(scope, env) for tag in self.add]),
            remove_tags=tuple([tag.render(scope, env) for tag in self.remove]),
        )
        run.change_contact(change)
        return "next"
