"""Asks a language model that speaks OpenAI's protocol: OpenAI itself, or anything compatible.

A model's answer changes nothing outside, so a failed question may be asked again; it is `Unclear`
only where it may have been answered, and paid for, unseen.
"""

import asyncio
import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any, cast

import httpx
import msgspec
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from connectors.base import Token
from connectors.net import GuardedClient, PrivateAddress, read_json
from flowengine.messages import AskModel, Passage, Refused, Said, Shown, ToolCall, Unclear

Json = dict[str, Any]
_OPENAI = "https://api.openai.com/v1"
_NOT_IN_A_NAME = re.compile(r"[^a-zA-Z0-9_-]")
_json = msgspec.json.Encoder(decimal_format="number")
_KNOWN = (
    "What follows are passages of the knowledge base that may answer the question. Take facts from "
    "them only; where they do not answer it, say so instead of guessing."
)
_UNKNOWN = (
    "The knowledge base has no passage that fits the question. Do not guess facts: say that you do "
    "not know."
)
_NOTHING_WRITTEN = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class ModelProfile(BaseModel):
    """A model that flows may name; its JSON Schema draws the form."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str = Field(default=_OPENAI, title="Endereço da API")
    key: Token = Field(default=SecretStr(""), title="Chave da API")
    model: str = Field(min_length=1, title="Modelo", description="Por exemplo: gpt-4.1-mini")
    temperature: float | None = Field(default=None, ge=0, le=2, title="Temperatura")
    max_tokens: int = Field(default=0, ge=0, title="Limite de tokens da resposta (0: sem limite)")

    @field_validator("base_url")
    @classmethod
    def _address(cls, url: str) -> str:
        if not url.strip().startswith(("http://", "https://")):
            raise ValueError("o endereço precisa começar com https:// (ou http://)")
        return url.strip().rstrip("/")


class Model:
    """One profile. `client` refuses private addresses but those the settings allow."""

    def __init__(self, profile: ModelProfile, client: GuardedClient) -> None:
        self._profile = profile
        self._http = client
        self._sdk: Any = None

    async def perform(
        self, ask: AskModel, passages: Sequence[Passage] = ()
    ) -> Said | Refused | Unclear:
        """One answer: its text, the tools that it calls, and the tokens that it took.

        `passages`: of the knowledge bases that it asks for, those that fit; the answer says which
        it was shown. Raises nothing that a model or its provider may do.
        """
        # Importing takes most of a second: only who asks a model pays, and nobody else waits.
        openai = await asyncio.to_thread(import_module, "openai")
        names = {_tool_name(tool.name): tool.name for tool in ask.tools}
        try:
            async with asyncio.timeout(ask.timeout):
                answer = await self._client(openai).chat.completions.with_raw_response.create(
                    **_question(self._profile, ask, passages), timeout=ask.timeout
                )
        except (TimeoutError, openai.APITimeoutError) as error:
            return _unsent(error) or Unclear("timeout")
        except openai.APIConnectionError as error:
            return _unsent(error) or Unclear(type(error.__cause__ or error).__name__)
        except openai.APIStatusError as error:
            return _refused(error.status_code, error.response.headers, error.body)
        except UnicodeEncodeError:
            return Refused("invalid", True, detail="the question has characters that are none")
        return _said(answer.content, names, passages)

    def _client(self, openai: Any) -> Any:
        if self._sdk is None:
            self._sdk = openai.AsyncOpenAI(
                base_url=self._profile.base_url,
                # The SDK wants a key, also where a model of one's own wants none.
                api_key=self._profile.key.get_secret_value() or "none",
                max_retries=0,  # the runtime decides about retries, and counts them
                http_client=self._http,
            )
        return self._sdk


def _question(profile: ModelProfile, ask: AskModel, passages: Sequence[Passage]) -> Json:
    messages = list(_messages(ask))
    if system := _system(ask, passages):
        messages.insert(0, {"role": "system", "content": system})
    question: Json = {"model": profile.model, "messages": messages}
    if ask.tools:
        question["tools"] = [
            {
                "type": "function",
                "function": {
                    "name": _tool_name(tool.name),
                    "description": tool.description,
                    "parameters": tool.parameters or {"type": "object", "properties": {}},
                },
            }
            for tool in ask.tools
        ]
    if profile.temperature is not None:
        question["temperature"] = profile.temperature
    most = ask.max_tokens or profile.max_tokens
    if most:
        # OpenAI's newer models refuse the old name; most compatible servers know only that one.
        name = "max_completion_tokens" if profile.base_url == _OPENAI else "max_tokens"
        question[name] = most
    return question


def _messages(ask: AskModel) -> Iterator[Json]:
    """What was said; calls are numbered, and what came of each carries its number."""
    made = answered = 0
    for said in ask.messages:
        message: Json = {"role": said.role, "content": said.text}
        if said.calls:
            message["tool_calls"] = [
                {
                    "id": f"call_{made + at}",
                    "type": "function",
                    "function": {
                        "name": _tool_name(call.name),
                        "arguments": _json.encode(call.arguments).decode(),
                    },
                }
                for at, call in enumerate(said.calls)
            ]
            made += len(said.calls)
        elif said.role == "tool":
            message["tool_call_id"] = f"call_{answered}"
            answered += 1
        yield message


def _system(ask: AskModel, passages: Sequence[Passage]) -> str:
    """The instructions, and what is known. One message: many servers take no second one."""
    parts = [ask.instructions] if ask.instructions else []
    if ask.knowledge:
        parts.append(_KNOWN if passages else _UNKNOWN)
    parts += [f"[{each.id}] {each.title}\n{each.text}" for each in passages]
    return "\n\n".join(parts)


def _tool_name(name: str) -> str:
    """OpenAI takes 64 letters, digits, "_" and "-"."""
    return _NOT_IN_A_NAME.sub("_", name)[:64]


def _said(body: bytes, names: dict[str, str], passages: Sequence[Passage]) -> Said | Refused:
    try:
        answer = cast("Json", read_json(body))
        message = cast("Json", answer["choices"][0]["message"])
        if message.get("refusal"):
            return Refused("policy", True, detail=str(message["refusal"]))
        calls = tuple(
            _tool_call(call["function"], names) for call in message.get("tool_calls") or ()
        )
        usage = cast("Json", answer.get("usage") or {})
        return Said(
            text=str(message.get("content") or ""),
            calls=calls,
            tokens_in=int(usage.get("prompt_tokens") or 0),
            tokens_out=int(usage.get("completion_tokens") or 0),
            shown=tuple(Shown(each.id, each.title) for each in passages),
        )
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as trouble:
        return Refused("malformed", False, detail=f"the answer makes no sense: {trouble!r}")


def _tool_call(function: Json, names: dict[str, str]) -> ToolCall:
    name = str(function["name"])
    arguments = read_json(str(function.get("arguments") or "{}").encode())
    if not isinstance(arguments, dict):
        raise ValueError("arguments are no object")
    return ToolCall(names.get(name, name), cast("Json", arguments))


def _unsent(error: BaseException) -> Refused | None:
    """A refusal where the question never left; None where nobody knows."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, PrivateAddress):
            return Refused("private_address", True, detail="the model is on a private network")
        if isinstance(cause, _NOTHING_WRITTEN):
            return Refused("transient", False, code=type(cause).__name__)
        cause = cause.__cause__
    return None


def _refused(status: int, headers: Any, body: object) -> Refused:
    error = cast("Json", body) if isinstance(body, dict) else {}
    code, detail = str(error.get("code") or f"http_{status}"), str(error.get("message") or "")
    wait = _seconds(headers.get("retry-after"))
    if code == "insufficient_quota":  # a 429 that no waiting mends
        return Refused("billing", False, None, code, detail, "channel")
    match status:
        case 401 | 403:
            return Refused("auth", False, None, code, detail, "channel")
        case 429:
            return Refused("rate_limited", False, wait, code, detail, "channel")
        case 408 | 409 | 425:
            return Refused("transient", False, wait, code, detail)
        case _ if status >= 500:
            return Refused("transient", False, wait, code, detail)
        case _:
            return Refused("invalid", True, None, code, detail)


def _seconds(told: str | None) -> float | None:
    try:
        return max(0.0, float(told)) if told else None
    except ValueError:
        return None
