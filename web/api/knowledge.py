"""Knowledge bases: what language models are shown, kept by other systems."""

from typing import Annotated

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from flowengine.knowledge import LONGEST_TEXT, LONGEST_TITLE, Paragraph
from flowengine.messages import Passage
from flowengine.store import knowledge
from flowengine.store.knowledge import MOST, Base, Language, Stored
from flowengine.values import Key
from web.api.shapes import Limit, Listed
from web.problems import Problem
from web.request import AnyRequest, workspace
from web.texts import _


class BaseIn(Struct, frozen=True, forbid_unknown_fields=True):
    """`language`: whose words the passages are (pt, es, en, or other)."""

    name: Annotated[str, Meta(min_length=1, max_length=80)]
    language: Language = "pt"


class PassageIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A title and a few sentences that answer by themselves."""

    text: Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT, pattern=r"\S")]
    title: Annotated[str, Meta(max_length=LONGEST_TITLE)] = ""


class PassagesIn(Struct, frozen=True, forbid_unknown_fields=True):
    """All at once, or none; a base has at most 2,000."""

    passages: Annotated[tuple[PassageIn, ...], Meta(max_length=MOST)]


class ApiKnowledge(Controller):
    path = "/knowledge"
    tags = ["knowledge"]

    @get()
    async def list_bases(self, request: AnyRequest) -> Listed[Base]:
        """All of them, each with how many passages it has."""
        async with workspace(request) as transaction:
            return Listed(await knowledge.bases(transaction))

    @put("/{key:str}")
    async def put_base(
        self, request: AnyRequest, key: FromPath[str], data: JSONBody[BaseIn]
    ) -> Base:
        """Make it, or change its name and language; its passages stay."""
        async with workspace(request) as transaction:
            return await knowledge.put_base(transaction, _key(key), data.name, data.language)

    @delete("/{key:str}")
    async def remove_base(self, request: AnyRequest, key: FromPath[str]) -> None:
        """With all its passages."""
        async with workspace(request) as transaction:
            await knowledge.remove_base(transaction, key)

    @get("/{key:str}/passages")
    async def list_passages(
        self,
        request: AnyRequest,
        key: FromPath[str],
        cursor: FromQuery[int] = 0,
        limit: Limit = 50,
    ) -> Listed[Stored]:
        """In their order."""
        async with workspace(request) as transaction:
            await knowledge.base(transaction, key)
            found = await knowledge.passages(transaction, key, cursor, limit + 1)
        more = str(found[limit - 1].number) if len(found) > limit else None
        return Listed(found[:limit], more)

    @post("/{key:str}/passages", status_code=200)
    async def add_passages(
        self, request: AnyRequest, key: FromPath[str], data: JSONBody[PassagesIn]
    ) -> Base:
        """Put these behind what is there."""
        async with workspace(request) as transaction:
            return await knowledge.add_passages(transaction, key, _paragraphs(data))

    @put("/{key:str}/passages")
    async def replace_passages(
        self, request: AnyRequest, key: FromPath[str], data: JSONBody[PassagesIn]
    ) -> Base:
        """Put these in the place of all that is there, at once: nobody sees half of it."""
        async with workspace(request) as transaction:
            return await knowledge.add_passages(transaction, key, _paragraphs(data), replace=True)

    @put("/{key:str}/passages/{number:int}")
    async def put_passage(
        self,
        request: AnyRequest,
        key: FromPath[str],
        number: FromPath[int],
        data: JSONBody[PassageIn],
    ) -> Stored:
        """Change one; its number stays."""
        async with workspace(request) as transaction:
            changed = Paragraph(data.title, data.text)
            return await knowledge.put_passage(transaction, key, number, changed)

    @delete("/{key:str}/passages/{number:int}")
    async def remove_passage(
        self, request: AnyRequest, key: FromPath[str], number: FromPath[int]
    ) -> None:
        """Its number is never given again."""
        async with workspace(request) as transaction:
            await knowledge.remove_passage(transaction, key, number)

    @get("/{key:str}/fitting")
    async def fitting(
        self, request: AnyRequest, key: FromPath[str], question: FromQuery[str]
    ) -> Listed[Passage]:
        """What a model would be shown of it with this question, the best first."""
        async with workspace(request) as transaction:
            await knowledge.base(transaction, key)
            return Listed(await knowledge.fitting(transaction, [key], question))


def _paragraphs(data: PassagesIn) -> list[Paragraph]:
    return [Paragraph(each.title, each.text) for each in data.passages]


def _key(text: str) -> str:
    try:
        return msgspec.convert(text, Key)
    except msgspec.ValidationError:
        raise Problem(
            _("“{text}” não serve de chave."),
            place="key",
            mend=_("Use letras minúsculas sem acento, números, - e _."),
            text=text,
        ) from None
