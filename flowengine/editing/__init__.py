"""Edits of a draft: small operations, each with the operations that undo it.

    edited = apply(flow, (Connect(from_="oi", exit="next", to="nome"),))
    apply(edited.flow, edited.inverse).flow == flow

The editor sends lists of operations; the server keeps the draft. See `ops` for the words,
`apply` for their meaning, `paste` for pieces of other flows, `seen` for two people at one draft.
"""

from flowengine.editing.apply import Edited, EditRefused, apply
from flowengine.editing.ops import (
    Add,
    Connect,
    Disconnect,
    Mark,
    Move,
    Op,
    Put,
    Remove,
    SetFlow,
    Translate,
    Unmark,
    near,
    read_ops,
)
from flowengine.editing.paste import Clip, clip, fresh_ids, paste, respoken
from flowengine.editing.seen import Seen, clash, mark_of, see, sign

__all__ = [
    "read_ops",
    "near",
    "Op",
    "Add",
    "Put",
    "Remove",
    "Move",
    "Connect",
    "Disconnect",
    "SetFlow",
    "Translate",
    "Mark",
    "Unmark",
    "apply",
    "Edited",
    "EditRefused",
    "Clip",
    "clip",
    "paste",
    "fresh_ids",
    "respoken",
    "Seen",
    "see",
    "clash",
    "mark_of",
    "sign",
]
