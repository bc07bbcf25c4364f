"""A mock of WhatsApp's servers in a process of its own, with phones that one can act for.

It is `connectors/baileys/service/test/whatsapp`: Noise, pairing, Signal sessions, receipts.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

import httpx

MAIN = Path("connectors/baileys/service/test/whatsapp/main.js")
ROOT = Path(__file__).parents[2]


class WhatsApp:
    """Between `start` and `stop`. `phone` is the business's, digits only."""

    def __init__(self, node: str, modules: Path, phone: str) -> None:
        self._node = node
        self.modules = modules
        self.phone = phone
        self.mock = ""
        self._address = ""
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [self._node, str(ROOT / MAIN)],
            env={"PATH": str(Path(self._node).parent),
                 "FLOWENGINE_BAILEYS_MODULES": str(self.modules)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self._process.stdout is not None
        told = json.loads(self._process.stdout.readline())
        self._address = f"http://127.0.0.1:{told['listening']}"
        self.mock = f"{told['url']} {told['root']}"

    def of(self, phone: str) -> "WhatsApp":
        """The same servers, for another business's phone."""
        other = WhatsApp(self._node, self.modules, phone)
        other._address, other.mock = self._address, self.mock
        return other

    def stop(self) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()

    async def act(self, do: str, **more: Any) -> Any:
        """What a phone, or WhatsApp itself, does."""
        async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
            body = {"do": do, "phone": self.phone, **more}
            answer = await client.post(f"{self._address}/control", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["done"]

    async def say(self, id_: str, text: str, who: str = "5511999990001") -> None:
        """A customer writes to the business."""
        attrs = {"from": f"{who}@s.whatsapp.net", "id": id_}
        await self.act("deliver", attrs=attrs, message={"conversation": text})

    async def heard(self) -> list[tuple[str, str]]:
        """What the business's device sent, `(id, text)`, as a customer's phone reads it."""
        sent = (await self.act("seen"))["sent"]
        return [(each["id"], _text(each.get("message") or {})) for each in sent]


def _text(message: dict[str, Any]) -> str:
    inner = message.get("deviceSentMessage", {}).get("message", message)
    return str(inner.get("conversation") or inner.get("extendedTextMessage", {}).get("text") or "")
