"""The registry, and what every connector in it must be able to do: documented in README.md."""

import inspect
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr, ValidationError

import connectors
from connectors.base import Connector, Provider, is_repeatable
from connectors.registry import CONNECTORS, UnknownConnector, build, connector, known, schema

SETTINGS: dict[str, dict[str, Any]] = {
    "cloud": {
        "phone_number_id": "106540352242922",
        "token": " EAAG-secret\n",
        "app_secret": "app-secret-1",
        "verify_token": "verify-secret-1",
    },
    "baileys": {
        "number": "+5511333344444",
        "consent": True,
        "secret": "BAILEYS-secret-0001",
    },
    "evolution": {
        "base_url": "https://evolution.example.com",
        "instance": "loja",
        "api_key": " EVO-secret\n",
        "webhook_secret": "webhook-secret-0001",
    },
    "simulator": {"number": "5511", "secret": "secret-1", "token": "token-secret-1"},
}
SECRETS = {
    "cloud": ("EAAG-secret", "app-secret-1", "verify-secret-1"),
    "baileys": ("BAILEYS-secret-0001",),
    "evolution": ("EVO-secret", "webhook-secret-0001"),
    "simulator": ("secret-1", "token-secret-1"),
}
TOKEN = {"baileys": "number", "evolution": "api_key"}
SPEED = {"baileys": 0.5, "evolution": 0.5}
"""Messages a second where they are not sixty: unofficial connections go slowly."""


def protocol_members() -> list[str]:
    members = {**vars(Connector), **vars(Provider)}
    return [name for name, value in members.items() if callable(value) and name[0] != "_"]


@pytest.fixture(params=sorted(CONNECTORS))
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


async def test_a_connector_is_built_from_its_settings(kind: str):
    async with httpx.AsyncClient() as http:
        built = build(kind, SETTINGS[kind], http)
    assert built.kind == kind
    assert built.title
    assert built.policy == ("resend" if is_repeatable(built) else "flag")
    assert built.messages_per_second == SPEED.get(kind, 60)
    assert "text" in built.capabilities.kinds


async def test_a_channel_may_switch_kinds_off(kind: str):
    async with httpx.AsyncClient() as http:
        built = build(kind, {**SETTINGS[kind], "off": ["list"], "unclear": "resend"}, http)
    assert "list" not in built.capabilities.kinds
    assert built.policy == "resend"


async def test_it_has_every_part_of_the_protocol(kind: str):
    made = CONNECTORS[kind]
    assert {"perform", "verify", "parse", "challenge", "probe"} <= set(protocol_members())
    for name in protocol_members():
        ours, wanted = getattr(made, name), getattr(Provider, name)
        assert inspect.signature(ours).parameters.keys() == (
            inspect.signature(wanted).parameters.keys()
        )
        assert inspect.iscoroutinefunction(ours) == inspect.iscoroutinefunction(wanted)


def test_the_form_knows_what_is_secret(kind: str):
    properties = schema(kind)["properties"]
    assert all(field.get("title") for field in properties.values())
    hidden = {name for name, field in properties.items() if field.get("format") == "password"}
    model = CONNECTORS[kind].Settings.model_validate(SETTINGS[kind])
    assert hidden == {n for n in properties if isinstance(getattr(model, n), SecretStr)}
    assert len(hidden) == len(SECRETS[kind])


def test_secrets_are_not_shown(kind: str):
    model = CONNECTORS[kind].Settings.model_validate(SETTINGS[kind])
    shown = repr(model) + str(model) + model.model_dump_json() + repr(model.model_dump())
    for secret in SECRETS[kind]:
        assert f"'{secret}'" not in shown.replace("number", "")
        assert secret not in shown


@pytest.mark.parametrize(
    "change",
    [
        {"token": ""},
        {"token": "two words"},
        {"token": "não"},
        {"unknown": 1},
        {"base_url": "http://graph.facebook.com"},
        {"messages_per_second": 0},
        {"unclear": "hope"},
    ],
)
def test_settings_that_are_refused(kind: str, change: dict[str, Any]):
    named = {TOKEN.get(kind, name) if name == "token" else name: v for name, v in change.items()}
    with pytest.raises(ValidationError):
        CONNECTORS[kind].Settings.model_validate({**SETTINGS[kind], **named})


@pytest.mark.parametrize(
    "change",
    [
        {"phone_number_id": "../1"},
        {"base_url": "https://graph.facebook.com/v20.0"},
        {"version": "latest"},
    ],
)
def test_cloud_settings_that_are_refused(change: dict[str, Any]):
    with pytest.raises(ValidationError):
        CONNECTORS["cloud"].Settings.model_validate({**SETTINGS["cloud"], **change})


def test_a_token_is_taken_without_the_line_end_it_was_pasted_with():
    model: Any = CONNECTORS["cloud"].Settings.model_validate(SETTINGS["cloud"])
    assert model.token.get_secret_value() == "EAAG-secret"


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("http://evolution:8080/", "http://evolution:8080"),
        ("http://10.0.0.7:8080", "http://10.0.0.7:8080"),
        ("http://evo.internal", "http://evo.internal"),
        ("https://evo.example.com", "https://evo.example.com"),
        ("http://evo.example.com", ""),
        ("http://8.8.8.8", ""),
        ("http://user:pass@evolution", ""),
        ("ftp://evolution", ""),
    ],
)
def test_where_an_evolution_server_may_be(url: str, taken: str):
    model: Any = CONNECTORS["evolution"].Settings
    settings = {**SETTINGS["evolution"], "base_url": url}
    if taken:
        assert model.model_validate(settings).base_url == taken
    else:
        with pytest.raises(ValidationError):
            model.model_validate(settings)


def test_an_unknown_kind():
    with pytest.raises(UnknownConnector, match="baileys, cloud, evolution, simulator"):
        connector("telegram")


def test_ours_are_known_and_documented():
    assert known().items() >= CONNECTORS.items()
    readme = (Path(connectors.__file__).parent / "README.md").read_text()
    for kind, made in CONNECTORS.items():
        assert f"`{kind}`" in readme
        assert made.__module__.rpartition(".")[0] in readme.replace("/", ".")


def test_a_third_partys_connector_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Installed beside us, with an entry point; one of an equal name does not take our place."""
    (tmp_path / "stork.py").write_text("class Stork:\n    kind = 'stork'\n")
    info = tmp_path / "stork-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stork\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[flowengine.connectors]\nstork = stork:Stork\ncloud = stork:Stork\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "stork", raising=False)
    assert connector("stork").kind == "stork"
    assert connector("cloud").kind == "cloud"
    assert known()["cloud"].kind == "cloud"
