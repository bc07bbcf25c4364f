"""`workspace.json`: the names that flows use of their workspace, and their shapes.

It holds no secret's value, so it can lie beside the flows in a repository. Check, simulate, talks
and export read it; where it is absent a reference is only a warning.
"""

from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from flowengine.contents import TemplateReply
from flowengine.declarations import Type, Variable
from flowengine.schedules import Schedule
from flowengine.state import encode
from flowengine.strict import read
from flowengine.values import Doc, Key, Name

FORMAT = "flowengine-workspace/1"

OURS = frozenset({"service", "all"})
"""Purposes that the engine uses itself: replies that nobody asked for, and everything at once."""

OPT_OUT = ("parar", "stop", "descadastrar")

TemplateName = Annotated[str, Meta(pattern=r"^[a-z0-9_]{1,512}$")]
"""Lower case, digits and underscores, as the provider wants them (WHATSAPP.md §A.4)."""


class Queue(Doc, frozen=True, kw_only=True):
    """People who take conversations; `schedule` says when they are there."""

    name: str = ""
    schedule: Key | None = None


class Field(Doc, frozen=True, kw_only=True):
    """A field of contacts."""

    type: Type = "text"
    title: str = ""


class Template(Doc, frozen=True, kw_only=True):
    """A message that the provider approved. `params`: names, or places ("1", "2" …).

    `body` holds `{{name}}` or `{{1}}`, as at the provider; `buttons`: its quick replies in order.
    Values of other parts than the body are named after them: `header.1` (a text header's),
    `header.latitude`, `header.longitude`, `header.name` and `header.address` (a place), `url.0`
    (the end of the first button's address), `code.1` (what the second button copies).
    `kinds`: what its buttons are, in order (quick_reply, url, copy_code …); empty: quick replies.
    `status`: as the provider has it; only what is approved can be sent.
    """

    name: TemplateName
    language: str
    category: Literal["utility", "marketing", "authentication"] = "utility"
    params: tuple[str, ...] = ()
    buttons: tuple[TemplateReply, ...] = ()
    body: str = ""
    header: Literal["none", "text", "image", "video", "document", "location"] = "none"
    kinds: tuple[str, ...] = ()
    status: str = "approved"


class FlowFace(Doc, frozen=True, kw_only=True):
    """Another flow, as its callers see it."""

    name: str = ""
    inputs: tuple[Variable, ...] = ()
    outputs: tuple[Variable, ...] = ()
    outcomes: tuple[Key, ...] = ()


class Workspace(Doc, frozen=True, kw_only=True):
    """The document. `purposes`: beside utility and marketing. `profiles`: of language models.

    `files`: those that flows may show, "sha256:…"; left out where that is not known.
    """

    format: Literal["flowengine-workspace/1"]
    name: str = ""
    queues: dict[Key, Queue] = {}
    schedules: dict[Key, Schedule] = {}
    fields: dict[Name, Field] = {}
    tags: tuple[str, ...] = ()
    templates: tuple[Template, ...] = ()
    constants: dict[Name, Any] = {}
    secrets: tuple[Key, ...] = ()
    flows: dict[Key, FlowFace] = {}
    purposes: tuple[str, ...] = ()
    profiles: tuple[Key, ...] = ()
    knowledge: tuple[Key, ...] = ()
    files: tuple[str, ...] | None = None
    opt_out: tuple[str, ...] = OPT_OUT
    opt_out_text: str = ""

    def __post_init__(self) -> None:
        for purpose in self.purposes:
            if purpose in OURS:
                raise ValueError(f"the purpose {purpose!r} is the engine's own; name it otherwise")


EMPTY = Workspace(format=FORMAT)

_decoder = msgspec.json.Decoder(Workspace, float_hook=Decimal)


def parse_workspace(raw: bytes) -> Workspace:
    """The workspace that `raw` says; raises `FlowError` with the path and the mend."""
    return read(raw, _decoder, f'{{"format": "{FORMAT}", …}}')


def write_workspace(workspace: Workspace) -> bytes:
    """Its JSON for people: two spaces, defaults left out."""
    return msgspec.json.format(encode(workspace), indent=2)
