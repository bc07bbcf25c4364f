"""`flowengine worker`: a worker process of the production setting."""

import argparse

from web.commands.logs import configure_logs
from web.commands.opened import shared_settings
from web.commands.output import bad_usage
from workers.main import run_worker
from workers.settings import SettingsError


def configure(parser: argparse.ArgumentParser, _name: str) -> None:
    """It has no arguments: all is in the settings."""


def run(arguments: argparse.Namespace) -> int:
    """Runs until SIGTERM or SIGINT."""
    settings = shared_settings("worker")
    configure_logs(settings)
    try:
        return run_worker(settings)
    except SettingsError as error:
        raise bad_usage(str(error)) from None
