"""Settings: each wrong value is refused with one sentence that names the variable and the mend."""

import base64
import stat
from pathlib import Path

import pytest

from workers.database import role_passwords
from workers.note import Note
from workers.secret_key import secret_key
from workers.settings import Settings, SettingsError, read_settings, settings_table

WRONG = {
    "FLOWENGINE_PORT": ("abc", "0", "70000", "-1", "8000.5"),
    "FLOWENGINE_DATABASE_URL": ("mysql://x/y", "banco"),
    "FLOWENGINE_REDIS_URL": ("http://redis", "redis"),
    "FLOWENGINE_PUBLIC_URL": ("bot.exemplo", "ftp://x", "https://"),
    "FLOWENGINE_ALLOWED_HTTP_HOSTS": ("a b", "http://host/"),
    "FLOWENGINE_WORKER_CONCURRENCY": ("0", "muitos"),
    "FLOWENGINE_WORKER_PROCESSES": ("0",),
    "FLOWENGINE_LEASE_SECONDS": ("0", "x"),
    "FLOWENGINE_UNCLEAR_SECONDS": ("0", "x"),
    "FLOWENGINE_DATABASE_POOL": ("1", "x"),
    "FLOWENGINE_DRAIN_SECONDS": ("-1",),
    "FLOWENGINE_LOG_LEVEL": ("chatty", "INFO "),
    "FLOWENGINE_LOG_FORMAT": ("xml",),
    "FLOWENGINE_LOG_TEXTS": ("talvez",),
    "FLOWENGINE_METRICS_PORT": ("-1", "x"),
    "FLOWENGINE_OTLP_ENDPOINT": ("collector:4317", "grpc://x"),
    "FLOWENGINE_TRACE_SHARE": ("1.5", "x"),
    "FLOWENGINE_API_PER_MINUTE": ("0",),
    "FLOWENGINE_TRUSTED_PROXIES": ("proxy", "10.0.0.0/33", "*", "10.0.0.1/8"),
    "FLOWENGINE_NEW_WORKSPACES": ("talvez",),
    "FLOWENGINE_BROKER_URL": ("redis://redis", "rabbit"),
}


@pytest.mark.parametrize(
    ("variable", "value"), [(name, value) for name, values in WRONG.items() for value in values]
)
def test_a_wrong_value_is_refused_by_name_with_an_example(variable: str, value: str) -> None:
    with pytest.raises(SettingsError) as error:
        read_settings({variable: value})
    sentence = str(error.value)
    assert sentence.startswith(variable)
    assert f"{variable}=" in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_a_refused_secret_is_not_repeated() -> None:
    with pytest.raises(SettingsError) as error:
        read_settings({"FLOWENGINE_DATABASE_URL": "mysql://u:hunter2@x/y"})
    assert "hunter2" not in str(error.value)


def test_a_misspelt_variable_is_refused() -> None:
    with pytest.raises(SettingsError, match="FLOWENGINE_PROT"):
        read_settings({"FLOWENGINE_PROT": "8000"})


def test_an_empty_variable_counts_as_left_out() -> None:
    assert read_settings({"FLOWENGINE_PORT": "", "HOME": "/x"}).port == 8000


def test_overrides_win_and_the_environment_is_an_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWENGINE_PORT", "1234")
    assert read_settings({}).port == 8000
    assert read_settings({"FLOWENGINE_PORT": "9000"}, port=9001).port == 9001
    assert read_settings().port == 1234


def test_hosts_are_a_list_and_an_address_loses_its_slash() -> None:
    settings = read_settings(
        {
            "FLOWENGINE_ALLOWED_HTTP_HOSTS": "10.0.0.5:9000, crm.local,",
            "FLOWENGINE_PUBLIC_URL": "https://bot.exemplo/",
        }
    )
    assert settings.allowed_http_hosts == ("10.0.0.5:9000", "crm.local")
    assert settings.public_url == "https://bot.exemplo"


def test_a_mail_server_needs_the_address_that_links_in_letters_begin_with() -> None:
    mail = {"FLOWENGINE_SMTP_URL": "smtp://ana:hunter2@smtp.exemplo.com:587"}
    with pytest.raises(SettingsError, match="FLOWENGINE_PUBLIC_URL=https://") as error:
        read_settings(mail)
    assert "hunter2" not in str(error.value)
    assert read_settings(mail | {"FLOWENGINE_PUBLIC_URL": "https://bot.exemplo"}).smtp_url
    assert read_settings({}).smtp_url is None


def test_proxies_are_addresses_and_networks() -> None:
    assert read_settings({}).trusted_proxies == ("127.0.0.1",)
    settings = read_settings({"FLOWENGINE_TRUSTED_PROXIES": "10.0.0.5, 172.16.0.0/12"})
    assert settings.trusted_proxies == ("10.0.0.5", "172.16.0.0/12")


def test_the_table_names_every_setting_with_what_it_is() -> None:
    lines = settings_table().splitlines()
    assert len(lines) == len(Settings.model_fields) + 2
    for name, line in zip(Settings.model_fields, lines[2:], strict=True):
        assert f"`FLOWENGINE_{name.upper()}`" in line
        assert len(line.split("|")[3].strip()) > 10


def test_every_setting_has_an_example_that_it_takes() -> None:
    for name, field in Settings.model_fields.items():
        example = (field.examples or [""])[0]
        assert example, name
        if name != "secret_key":
            # A mail server needs it beside it.
            public = {"FLOWENGINE_PUBLIC_URL": "https://bot.exemplo"}
            assert read_settings({**public, f"FLOWENGINE_{name.upper()}": example}) is not None


def test_the_embedded_key_is_made_once_and_only_we_can_read_it(tmp_path: Path) -> None:
    settings = read_settings({}, data=tmp_path / "new")
    first = secret_key(settings)
    assert len(first) == 32
    assert secret_key(settings) == first
    mode = stat.S_IMODE((tmp_path / "new" / "secret.key").stat().st_mode)
    assert mode == 0o600
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        given = read_settings({"FLOWENGINE_SECRET_KEY": encode(b"\xfb" * 32).decode()})
        assert secret_key(given) == b"\xfb" * 32


def test_a_key_that_is_no_key_is_refused_and_a_missing_one_beside_a_shared_database(
    tmp_path: Path,
) -> None:
    for key in ("curta", base64.b64encode(b"x" * 31).decode(), "é" * 44):
        with pytest.raises(SettingsError, match="FLOWENGINE_SECRET_KEY"):
            secret_key(read_settings({"FLOWENGINE_SECRET_KEY": key}, data=tmp_path))
    shared = read_settings({"FLOWENGINE_DATABASE_URL": "postgresql://x/y"}, data=tmp_path)
    with pytest.raises(SettingsError, match="FLOWENGINE_SECRET_KEY falta"):
        secret_key(shared)
    (tmp_path / "secret.key").write_text("nada")
    with pytest.raises(SettingsError, match=r"secret\.key"):
        secret_key(read_settings({}, data=tmp_path))


def test_roles_passwords_follow_from_the_key_and_differ() -> None:
    key = base64.b64encode(bytes(32)).decode()
    settings = read_settings({"FLOWENGINE_SECRET_KEY": key})
    passwords = role_passwords(settings)
    assert passwords == role_passwords(settings)
    assert len(set(passwords.values())) == len(passwords) == 2
    other = read_settings({"FLOWENGINE_SECRET_KEY": base64.b64encode(b"x" * 32).decode()})
    assert set(role_passwords(other).values()).isdisjoint(passwords.values())


def test_a_data_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(SettingsError, match="FLOWENGINE_DATA"):
        Note(tmp_path / "file")
