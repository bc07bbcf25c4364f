"""Which connectors there are: a table, and what others have installed beside us."""

from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any, cast

import httpx

from connectors.baileys import BaileysConnector
from connectors.base import Provider
from connectors.evolution import EvolutionConnector
from connectors.simulator import SimulatorConnector
from connectors.whatsapp_cloud import CloudConnector

GROUP = "flowengine.connectors"
"""Entry points of this group name further connector classes; ours win over an equal name."""

CONNECTORS: dict[str, type[Provider]] = {
    "baileys": BaileysConnector,
    "cloud": CloudConnector,
    "evolution": EvolutionConnector,
    "simulator": SimulatorConnector,
}


class UnknownConnector(KeyError):
    """There is no connector of that kind; the message says which there are."""


def known() -> dict[str, type[Provider]]:
    """Every connector by its kind; third parties' are imported here, so an error is theirs."""
    others = {
        entry.name: cast("type[Provider]", entry.load())
        for entry in entry_points(group=GROUP)
        if entry.name not in CONNECTORS
    }
    return {**CONNECTORS, **others}


def connector(kind: str) -> type[Provider]:
    """The class of a kind. UnknownConnector where there is none."""
    if kind in CONNECTORS:
        return CONNECTORS[kind]
    every = known()
    if kind not in every:
        raise UnknownConnector(f"no connector {kind!r}; there are: {', '.join(sorted(every))}")
    return every[kind]


def build(kind: str, settings: Mapping[str, Any], http: httpx.AsyncClient) -> Provider:
    """A connector of one channel. UnknownConnector, or pydantic's ValidationError for settings."""
    found = connector(kind)
    return found(found.Settings.model_validate(dict(settings)), http)


def schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of a kind's settings; secret fields have `"format": "password"`."""
    return connector(kind).Settings.model_json_schema()
