"""What is posted of linked phones, for `bench webhooks`: the door alone, in a process of its own.

In the product it stands in `flowengine baileys`, beside the Node service; without that service,
which the bench takes the place of, it is the same code on the same server.
"""

import asyncio
import signal
import sys
import time
from contextlib import AsyncExitStack
from uuid import UUID

import msgspec
import uvloop

from connectors.baileys.signature import HEADER, sign
from connectors.net import open_client
from flowengine.store import linked
from flowengine.store.vault import Vault
from workers.database import open_database
from workers.handle import open_workers
from workers.linking.door import Door
from workers.linking.known import Channels
from workers.linking.serving import Serving
from workers.secret_key import secret_keys
from workers.settings import Settings, read_settings

SECRET = "bench-of-the-service-0"  # noqa: S105 - of a service that exists while this runs
LARGEST = 64 * 1024 * 1024


def linked_body(channel: str, first: int, last: int, phone: list[str], words: str) -> bytes:
    """A delivery of the service's with the messages `first` to `last` (`phone`: whose they are)."""
    came = [
        {
            "key": {
                "remoteJid": f"{phone[n - first]}@s.whatsapp.net",
                "fromMe": False,
                "id": f"3EB0{n:012X}",
                "addressingMode": "pn",
            },
            "messageTimestamp": int(time.time()),
            "pushName": "Ana",
            "broadcast": False,
            "message": {"conversation": f"{n} {words}"},
        }
        for n in range(first, last)
    ]
    event = {"kind": "messages.upsert", "data": {"type": "notify", "messages": came}}
    return msgspec.json.encode({"session": channel, "seq": first + 1, "events": [event]})


def signed(channel: str, body: bytes) -> str:
    """The header of a delivery."""
    return f"{HEADER}: {sign(SECRET, 'POST', f'/events/{channel}', body)}"


async def serve(settings: Settings, port: int) -> None:
    """Listen until SIGTERM."""
    vault = Vault(secret_keys(settings))
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    async with AsyncExitStack() as stack:
        database = await open_database(settings)
        stack.push_async_callback(database.close)
        workers = await open_workers(settings, database, pumps=False)
        stack.push_async_callback(workers.stop)
        client = await stack.enter_async_context(open_client(timeout=5))
        channels = Channels(database, vault, client)
        async with database.worker() as transaction:
            every = await linked.devices(transaction, "baileys")
        for each in every:
            await channels.furnish(each.tenant_id, each.channel_id, "http://127.0.0.1:9")
        holding = linked.Holding(database.worker_dsn)
        stack.push_async_callback(holding.close)
        door = Door(SECRET, database, vault, channels, workers, holding, _halted)
        serving = Serving(door.handle, LARGEST)
        await serving.start("127.0.0.1", port)
        stack.push_async_callback(serving.close)
        await stopped.wait()


def _halted(_channel: UUID, _why: str) -> None:
    """Nothing is connected here."""


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(read_settings(), int(sys.argv[1])))
