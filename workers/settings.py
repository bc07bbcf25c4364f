"""The settings: environment variables, read once at the process's edge and passed down.

A wrong value is refused with one sentence that names the variable and says how to mend it.
`settings_table` draws the README's table from the same fields, so the two cannot drift apart.
"""

import os
import re
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, cast
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

PREFIX = "FLOWENGINE_"

_HOST = re.compile(r"^[A-Za-z0-9_.:\[\]-]+$")


class SettingsError(Exception):
    """A setting is wrong; the text is the sentence to print."""


class Settings(BaseSettings):
    """Everything that differs between two machines. Embedded unless `database_url` is given."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    port: int = Field(
        default=8000, ge=1, le=65535,
        description="Port of the web server; the next free one is taken if it is in use.",
        examples=["8000"], title="uma porta de 1 a 65535",
    )  # fmt: skip
    host: str = Field(
        default="127.0.0.1", min_length=1,
        description="Address to listen on; `0.0.0.0` lets other machines in.",
        examples=["127.0.0.1"], title="um endereço desta máquina",
    )  # fmt: skip
    data: Path = Field(
        default=Path(".data"),
        description="Data folder: the embedded database, media and the secret key.",
        examples=[".data"], title="uma pasta",
    )  # fmt: skip
    files_url: SecretStr | None = Field(
        default=None,
        description="Bucket that files are kept in, or a folder that all processes share "
        "(`file:///…`); left out: the folder `files` of the data folder where everything is one "
        "process, else the database, which takes files of up to 16 MB.",
        examples=["s3://balde/pasta, gs://balde/pasta, az://balde/pasta ou file:///pasta"],
        title="o endereço de um balde (s3://, gs:// ou az://) ou de uma pasta (file://)",
    )  # fmt: skip
    files_secret: SecretStr | None = Field(
        default=None,
        description="What opens the bucket: `KEY_ID:SECRET` of S3, `ACCOUNT:KEY` of Azure, the "
        "JSON of a service account of Google; left out, the provider's own ways (its variables, "
        "the machine's role).",
        examples=["AKIA…:segredo"], title="a chave do balde",
    )  # fmt: skip
    files_region: str = Field(
        default="",
        description="Region of an S3 bucket.",
        examples=["sa-east-1"], title="o nome de uma região",
    )  # fmt: skip
    files_endpoint: str = Field(
        default="",
        description="Address of another service with S3's or Azure's protocol (MinIO, R2 …).",
        examples=["https://minio.exemplo.com:9000"], title="um endereço http(s)",
    )  # fmt: skip
    public_url: str = Field(
        default="",
        description="Address that the world reaches us by, for webhook addresses, cookies and the "
        "links of letters.",
        examples=["https://bot.exemplo.com.br"], title="um endereço http(s)",
    )  # fmt: skip
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("127.0.0.1",),
        description="Proxies (addresses or networks, comma between) that are believed who asks and "
        "whether by https; behind others everybody has one address, and one count of attempts.",
        examples=["172.16.0.0/12"], title="endereços IP ou redes separados por vírgula",
    )  # fmt: skip
    new_workspaces: bool = Field(
        default=False,
        description="Owners may make new workspaces by themselves; left out, only `flowengine "
        "workspace add` makes them.",
        examples=["true"], title="true ou false",
    )  # fmt: skip
    database_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL 15 or later; left out, an embedded one runs in the data folder.",
        examples=["postgresql://flowengine:senha@banco:5432/flowengine"],
        title="um endereço postgresql://",
    )  # fmt: skip
    redis_url: SecretStr | None = Field(
        default=None,
        description="Redis for doorbells between processes; without it they poll each second.",
        examples=["redis://redis:6379/0"], title="um endereço redis://",
    )  # fmt: skip
    broker_url: SecretStr | None = Field(
        default=None,
        description="Another broker for doorbells than Redis: RabbitMQ. Rates still go by Redis.",
        examples=["amqp://flowengine:senha@rabbitmq:5672/"], title="um endereço amqp(s)://",
    )  # fmt: skip
    secret_key: SecretStr | None = Field(
        default=None,
        description="32 bytes in base64 that encrypt what is secret; embedded: made and kept in "
        "the data folder.",
        examples=["saída de: openssl rand -base64 32"], title="32 bytes em base64",
    )  # fmt: skip
    old_secret_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(),
        description="Secret keys before the present one, comma between: what they sealed can be "
        "read, and `migrate` seals it anew.",
        examples=["as chaves antigas"], title="chaves separadas por vírgula",
    )  # fmt: skip
    allowed_http_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Private hosts (`host` or `host:port`, comma between) that flows, models and "
        "channels may call.",
        examples=["10.0.0.5:9000,crm.local"], title="nomes de hosts separados por vírgula",
    )  # fmt: skip
    worker_concurrency: int = Field(
        default=128, ge=2, le=1000,
        description="Sends that one process performs at the same time, one channel half of them "
        "at most; calls (HTTP, models) have as many of their own, one workspace half of them.",
        examples=["128"], title="um número de 2 a 1000",
    )  # fmt: skip
    lease_seconds: float = Field(
        default=10, ge=1, le=300,
        description="After so long without a sign of life, a worker's work is taken over.",
        examples=["10"], title="segundos, de 1 a 300",
    )  # fmt: skip
    look_seconds: float = Field(
        default=1, ge=0.1, le=60,
        description="How often workers look for work by themselves: the delay where a doorbell is "
        "lost.",
        examples=["1"], title="segundos, de 0.1 a 60",
    )  # fmt: skip
    unclear_seconds: float = Field(
        default=120, ge=1, le=3600,
        description="How long a send of which nobody knows whether it arrived waits for its "
        "status, before the channel's policy decides.",
        examples=["120"], title="segundos, de 1 a 3600",
    )  # fmt: skip
    worker_processes: int = Field(
        default=1, ge=1, le=1000,
        description="How many worker processes there are: while Redis is away, each keeps to its "
        "share of a channel's rate.",
        examples=["1"], title="um número de 1 a 1000",
    )  # fmt: skip
    database_pool: int = Field(
        default=6, ge=2, le=100,
        description="Connections that one process's workers keep to PostgreSQL.",
        examples=["6"], title="um número de 2 a 100",
    )  # fmt: skip
    drain_seconds: float = Field(
        default=35, ge=0, le=600,
        description="How long a stopping process waits for what it has begun.",
        examples=["35"], title="segundos, de 0 a 600",
    )  # fmt: skip
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info",
        description="How much is logged: `debug`, `info`, `warning` or `error`.",
        examples=["info"], title="debug, info, warning ou error",
    )  # fmt: skip
    log_format: Literal["auto", "text", "json"] = Field(
        default="auto",
        description="How it is logged: `text` for people, `json` for collectors; `auto`: text in "
        "a terminal and where everything is one process, else JSON.",
        examples=["auto"], title="auto, text ou json",
    )  # fmt: skip
    log_texts: bool = Field(
        default=False,
        description="Errors are logged with their own words, which may quote what people wrote.",
        examples=["false"], title="true ou false",
    )  # fmt: skip
    metrics_port: int = Field(
        default=0, ge=0, le=65535,
        description="Port of a worker's `/metrics` and `/health`; 0: none. The web has them on "
        "its own port.",
        examples=["9100"], title="uma porta, ou 0",
    )  # fmt: skip
    metrics_token: SecretStr | None = Field(
        default=None,
        description="Who asks for `/metrics` or `/health/…` shows it as a bearer token; left out, "
        "only this machine may ask.",
        examples=["saída de: openssl rand -hex 24"], title="um texto secreto",
    )  # fmt: skip
    otlp_endpoint: str = Field(
        default="",
        description="OpenTelemetry collector that traces go to, by OTLP over HTTP; left out: no "
        "traces.",
        examples=["http://otel-collector:4318"], title="um endereço http(s)",
    )  # fmt: skip
    trace_share: float = Field(
        default=0.1, ge=0, le=1,
        description="Share of the messages that are traced, from webhook to send.",
        examples=["0.1"], title="um número de 0 a 1",
    )  # fmt: skip
    smtp_url: SecretStr | None = Field(
        default=None,
        description="Mail server for invitations and forgotten passwords; left out, an admin hands "
        "links over. Goes together with `FLOWENGINE_PUBLIC_URL`, which the links begin with.",
        examples=["smtp://usuario:senha@smtp.exemplo.com:587"], title="um endereço smtp(s)://",
    )  # fmt: skip
    mail_from: str = Field(
        default="flowengine@localhost",
        description="Who those letters are from.",
        examples=["Flowengine <bot@exemplo.com.br>"], title="um endereço de e-mail",
    )  # fmt: skip
    api_per_minute: int = Field(
        default=600, ge=1, le=1_000_000,
        description="Requests a minute that the API takes for one workspace.",
        examples=["600"], title="um número de 1 a 1000000",
    )  # fmt: skip
    api_per_address: int = Field(
        default=100, ge=0, le=1_000_000,
        description="Requests in 15 minutes that the API takes from one address; 0: any number.",
        examples=["100"], title="um número de 0 a 1000000",
    )  # fmt: skip
    api_per_key: int = Field(
        default=1000, ge=0, le=1_000_000,
        description="Requests an hour that the API takes from one key or user; 0: any number.",
        examples=["1000"], title="um número de 0 a 1000000",
    )  # fmt: skip

    baileys_url: str = Field(
        default="",
        description="Where the other processes reach `flowengine baileys`, which links phones as "
        "their device: it listens on that port. Not needed where everything is one process.",
        examples=["http://baileys:8031"], title="um endereço http(s)",
    )  # fmt: skip
    baileys_modules: Path | None = Field(
        default=None,
        description="Folder with the `node_modules` of the Baileys service; left out: its own, or "
        "they are installed into the data folder when a channel first needs them.",
        examples=["/opt/baileys"], title="uma pasta",
    )  # fmt: skip
    baileys_version: str = Field(
        default="", pattern=r"^(\d+\.\d+\.\d+)?$",
        description="Version of WhatsApp Web that linked numbers say they are; for when WhatsApp "
        "turns the built-in one away.",
        examples=["2.3000.1035194821"], title="três números com pontos",
    )  # fmt: skip
    baileys_mock: str = Field(
        default="",
        description="For tests only: address and root key of a mock of WhatsApp's servers.",
        examples=["ws://127.0.0.1:9000/ws/chat BASE64"], title="um endereço ws:// e uma chave",
    )  # fmt: skip

    @property
    def provider_hosts(self) -> tuple[str, ...]:
        """Private hosts that channels may call: those allowed, and our own Baileys service."""
        own = urlsplit(self.baileys_url).netloc
        return (*self.allowed_http_hosts, own) if own else self.allowed_http_hosts

    @property
    def embedded(self) -> bool:
        """Whether the product brings its own PostgreSQL."""
        return self.database_url is None

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource, dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:  # fmt: skip
        """Only what `read_settings` hands over: the environment is an argument, as all else."""
        return (init_settings,)

    @field_validator("allowed_http_hosts", "old_secret_keys", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("allowed_http_hosts")
    @classmethod
    def _hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_HOST.match(host) for host in value):
            raise ValueError("not a host")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(ip_network(proxy)) if "/" in proxy else str(ip_address(proxy))
                     for proxy in value)  # fmt: skip

    @field_validator("database_url")
    @classmethod
    def _postgresql(cls, value: SecretStr | None) -> SecretStr | None:
        return _with_scheme(value, ("postgresql", "postgres"))

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, value: SecretStr | None) -> SecretStr | None:
        return _with_scheme(value, ("redis", "rediss", "unix"))

    @field_validator("broker_url")
    @classmethod
    def _amqp(cls, value: SecretStr | None) -> SecretStr | None:
        return _with_scheme(value, ("amqp", "amqps"))

    @field_validator("smtp_url")
    @classmethod
    def _smtp(cls, value: SecretStr | None) -> SecretStr | None:
        return _with_scheme(value, ("smtp", "smtps"))

    @field_validator("files_url")
    @classmethod
    def _bucket(cls, value: SecretStr | None) -> SecretStr | None:
        return _with_scheme(value, ("s3", "gs", "az", "file"))

    @field_validator("public_url", "otlp_endpoint", "files_endpoint", "baileys_url")
    @classmethod
    def _http(cls, value: str) -> str:
        if value:
            address = urlsplit(value)
            if address.scheme not in ("http", "https") or not address.hostname:
                raise ValueError("not an address")
        return value.rstrip("/")


def _with_scheme(value: SecretStr | None, schemes: tuple[str, ...]) -> SecretStr | None:
    if value is not None and urlsplit(value.get_secret_value()).scheme not in schemes:
        raise ValueError("another scheme is expected")
    return value


def read_settings(environ: Mapping[str, str] = os.environ, **overrides: Any) -> Settings:
    """The settings of `environ`, `overrides` over them. `SettingsError`: one clear sentence.

    An empty variable counts as left out, as compose files write them. An unknown variable of
    ours is refused: it is a misspelt one.
    """
    known = {PREFIX + name.upper(): name for name in Settings.model_fields}
    values: dict[str, Any] = {}
    for variable, value in environ.items():
        if not variable.startswith(PREFIX) or not value:
            continue
        if variable not in known:
            raise SettingsError(
                f"{variable} não é uma configuração conhecida; as que existem são: "
                f"{', '.join(sorted(known))}."
            )
        values[known[variable]] = value
    try:
        settings = Settings(**{**values, **overrides})
    except ValidationError as error:
        raise SettingsError(_sentence(str(error.errors()[0]["loc"][0]))) from None
    if settings.smtp_url is not None and not settings.public_url:
        # What a request calls us by may be anybody's host: no letter's link is made of it.
        raise SettingsError(
            "FLOWENGINE_SMTP_URL precisa de FLOWENGINE_PUBLIC_URL, com que os links das cartas "
            "começam: defina-a também (por exemplo, "
            "FLOWENGINE_PUBLIC_URL=https://bot.exemplo.com.br)."
        )
    return settings


def _sentence(name: str) -> str:
    """What is wrong with `name`, without its value: it may be a secret."""
    field = Settings.model_fields[name]
    example = (field.examples or [""])[0]
    variable = PREFIX + name.upper()
    return f"{variable} não serve: use {field.title} (por exemplo, {variable}={example})."


def settings_table() -> str:
    """The README's table of settings, in Markdown."""
    lines = ["| variable | default | what it is |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        several = isinstance(field.default, tuple)
        value = ",".join(cast("tuple[str, ...]", field.default)) if several else field.default
        default = "" if value in (None, "") else f"`{value}`"
        lines.append(f"| `{PREFIX}{name.upper()}` | {default} | {field.description} |")
    return "\n".join(lines) + "\n"
