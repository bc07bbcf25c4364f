"""`flowengine baileys`: the process of the production setting that links phones as their device."""

import argparse

from web.commands.logs import configure_logs
from web.commands.opened import shared_settings
from web.commands.output import bad_usage
from workers.linking.main import run_linking
from workers.settings import SettingsError


def configure(parser: argparse.ArgumentParser, _name: str) -> None:
    """It has no arguments: all is in the settings."""


def run(arguments: argparse.Namespace) -> int:
    """Runs until SIGTERM or SIGINT."""
    settings = shared_settings("baileys")
    if not settings.baileys_url:
        raise bad_usage(
            "FLOWENGINE_BAILEYS_URL falta: o endereço em que os outros processos alcançam este"
            " (por exemplo, FLOWENGINE_BAILEYS_URL=http://baileys:8031)"
        )
    configure_logs(settings)
    try:
        return run_linking(settings)
    except SettingsError as error:
        raise bad_usage(str(error)) from None
