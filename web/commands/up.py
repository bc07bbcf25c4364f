"""`flowengine up`: database, workers and web in one process, in the foreground.

The port opens first and answers while the rest is being opened (`web.commands.opening`).
"""

import argparse
import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import Any

import uvloop

from flowengine.store.embedded import NotStarted
from web.app import create_app
from web.commands.listening import address, listen_for_stop, make_server, open_socket
from web.commands.logs import configure_logs
from web.commands.making import make_runtime
from web.commands.opened import database_trouble, settings_or_refuse
from web.commands.opening import Place, Product, open_product
from web.commands.output import CommandError, json_line, text
from web.runtime import Boot
from workers.garbage import settle_soon
from workers.settings import Settings, SettingsError


def configure(parser: argparse.ArgumentParser, _name: str) -> None:
    """Its arguments; the rest are settings (environment variables)."""
    parser.add_argument("--json", action="store_true", help="JSON lines on standard output")


def run(arguments: argparse.Namespace) -> int:
    """Runs until SIGTERM or SIGINT."""
    settings = settings_or_refuse()
    configure_logs(settings)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_up(settings, arguments.json))


async def _up(settings: Settings, as_json: bool) -> int:
    stop = asyncio.Event()
    listen_for_stop(stop)
    listener = open_socket(settings.host, settings.port)
    place = Place(address(listener), settings.public_url or address(listener))
    boot = Boot("Preparando o banco de dados.")
    runtime = make_runtime(settings, boot, embedded=True)
    server = make_server(create_app(runtime), settings.trusted_proxies)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    _tell(as_json, "listening", place, f"Flowengine {runtime.version}: abrindo em {place.public} …")
    try:
        async with AsyncExitStack() as stack:
            product = await _unless(stop, open_product(settings, boot, place, stack))
            if product is not None:
                _ready(as_json, place, product)
                settle_soon()
                await _first_of(stop.wait(), product.fallen())
            _tell(as_json, "stopping", place, "Encerrando …")
            boot.close()
    except Exception as error:
        raise _failure(boot, error) from None
    finally:
        server.should_exit = True
        await serving
    return 0


def _failure(boot: Boot, error: Exception) -> Exception:
    """One sentence for what people can mend; our own mistakes keep their stack trace."""
    if isinstance(error, NotStarted | SettingsError):
        boot.fail(str(error))
        return CommandError(str(error), 2 if isinstance(error, SettingsError) else 1)
    if trouble := database_trouble(error):
        boot.fail("O banco de dados não responde.")
        return CommandError(trouble)
    boot.fail("Um erro nosso impediu o começo; ele está nos registros.")
    return error


async def _unless(stop: asyncio.Event, opening: Coroutine[Any, Any, Product]) -> Product | None:
    """What was opened; None where somebody asked to stop before it was."""
    task = asyncio.create_task(opening)
    await _first_of(stop.wait(), _done(task))
    if not task.done():
        task.cancel()
        await asyncio.wait([task])
        return None
    return task.result()


async def _done(task: asyncio.Task[Any]) -> None:
    await asyncio.wait([task])


async def _first_of(*awaited: Coroutine[Any, Any, Any]) -> None:
    """Waits for the first of them and breaks the others off; raises what it raised."""
    tasks = [asyncio.create_task(each) for each in awaited]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    for task in done:
        task.result()


def _ready(as_json: bool, place: Place, product: Product) -> None:
    if as_json:
        json_line({"event": "ready", "address": place.public, "sign_in": product.link})
        return
    text("Pronto. Abra no navegador (o link vale uma vez, por um dia):")
    text(f"    {product.link}")
    text("Ctrl+C para encerrar.")


def _tell(as_json: bool, event: str, place: Place, words: str) -> None:
    if as_json:
        json_line({"event": event, "address": place.public})
    else:
        text(words)
