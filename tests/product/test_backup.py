"""A product is backed up while it lives, dies, and goes on from the file in another folder."""

import asyncio
import shutil
import subprocess
from pathlib import Path

import httpx

from tests.product.running import (
    FLOWENGINE,
    Product,
    fake_graph,
    post,
    text_message,
    until,
    webhook,
)
from tests.product.test_product import asked, bodies


async def test_a_conversation_goes_on_in_another_folder(postgres: object, tmp_path: Path) -> None:
    graph = await fake_graph()
    first = Product(tmp_path / "first", tmp_path / "log")
    second = Product(tmp_path / "second", tmp_path / "log2")
    file = tmp_path / "one.backup"
    try:
        async with httpx.AsyncClient(timeout=30) as client:
            await asyncio.to_thread(first.start)
            path = await asyncio.to_thread(first.connect, graph.url)
            body = webhook(text_message("wamid.1", "oi"))
            assert await post(client, first.address + path, body) == 200
            await until(lambda: asked(graph) == 1, patience=90)
            (said,) = await asyncio.to_thread(first.command, "backup", str(file))
            assert said["rows"] > 50
            assert file.stat().st_mode & 0o077 == 0
            first.kill()
            assert "secret key" in refusal(second, "restore", str(file))
            second.data.mkdir(mode=0o711)
            shutil.copy(first.data / "secret.key", second.data)
            (restored,) = await asyncio.to_thread(second.command, "restore", str(file))
            assert restored["rows"] == said["rows"]
            assert "--force" in refusal(second, "restore", str(file))
            await asyncio.to_thread(second.start)
            before = len(bodies(graph))
            # The same webhook again is known; the answer goes on where the flow stood.
            assert await post(client, second.address + path, body) == 200
            answer = webhook(text_message("wamid.2", "1"))
            assert await post(client, second.address + path, answer) == 200
            await until(lambda: len(bodies(graph)) > before, patience=90)
            assert asked(graph) == 1
    finally:
        first.stop()
        if second.address:
            second.stop()
        await graph.close()


def refusal(product: Product, *arguments: str) -> str:
    """What a command says that fails."""
    done = subprocess.run(
        [FLOWENGINE, *arguments], env=product.environment, capture_output=True, check=False
    )
    assert done.returncode == 1, done
    return done.stderr.decode()
