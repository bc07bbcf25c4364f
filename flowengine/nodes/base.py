"""What every node has, whatever its kind."""

from flowengine.values import Doc, Key


class Base(Doc, tag_field="type", frozen=True, kw_only=True):
    """What every node has.

    - `id`: unique in its flow.
    - `title`: for people.
    - `note`: for people, longer.
    """

    id: Key
    title: str = ""
    note: str = ""
