"""What every node has, whatever its kind."""

from flowengine.values import Doc, Key


class Base(Doc, tag_field="type", frozen=True, kw_only=True):
    """`id` is unique in its flow; `title` and `note` are for people and change no behaviour."""

    id: Key
    title: str = ""
    note: str = ""
