"""A peer that speaks OpenAI's chat protocol and says what a test put into its mouth."""

import json
from typing import Any

from connectors.fake_graph.server import Reply, Request
from tests.peers.plain import Peer


def completion(text: str | None = None, calls: tuple[tuple[str, str], ...] = ()) -> Reply:
    """An answer; `calls` are (name, arguments as written)."""
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if calls:
        message["tool_calls"] = [
            {
                "id": f"call_{n}",
                "type": "function",
                "function": {"name": name, "arguments": arguments},
            }
            for n, (name, arguments) in enumerate(calls)
        ]
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1749416383,
        "model": "fake",
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        "usage": {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17},
    }
    return Reply(body=json.dumps(body).encode())


def error(status: int, code: str, message: str = "no", **headers: str) -> Reply:
    body = {"error": {"message": message, "type": "x", "param": None, "code": code}}
    return Reply(status, json.dumps(body).encode(), headers=headers)


class ModelPeer(Peer):
    """Gives its replies one after another; the last one again and again."""

    def __init__(self, *replies: Reply) -> None:
        super().__init__(self._next)
        self._replies = list(replies)

    def _next(self, request: Request) -> Reply:
        return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]

    def questions(self) -> list[dict[str, Any]]:
        return [json.loads(request.body) for request in self.asked]
