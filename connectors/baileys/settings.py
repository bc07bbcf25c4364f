"""What a channel of a linked phone needs to know; its JSON Schema draws the form."""

from pydantic import Field, JsonValue, SecretStr, field_validator

from connectors.base import Policy, Secret
from connectors.channel import LinkedSettings
from connectors.net import parse_service_url

HIDDEN: dict[str, JsonValue] = {"hidden": True}
"""Not for people: `flowengine baileys` writes it when it takes the channel up."""


class BaileysSettings(LinkedSettings):
    """`base_url`, `secret` and `session` are empty until `flowengine baileys` has taken the channel
    up: where its door is, the key that signs what passes, and the session's name there.
    """

    number: str = Field(
        pattern=r"^\+?[0-9 ()-]{8,24}$",
        title="Número do WhatsApp",
        description="O do celular que será conectado, com código do país: +55 11 99999-0000.",
    )
    consent: bool = Field(
        title="Eu entendo o risco",
        description="O WhatsApp proíbe esta conexão e pode banir o número, às vezes para sempre.",
    )
    unclear: Policy = Field(
        default="resend",
        title="Envio sem resposta",
        description="Reenviar é seguro aqui: a mensagem leva o mesmo número, e chega uma vez.",
    )
    base_url: str = Field(default="", title="Endereço do serviço", json_schema_extra=HIDDEN)
    secret: Secret = Field(
        default=SecretStr(""), title="Chave do serviço", json_schema_extra=HIDDEN
    )
    session: str = Field(
        default="", pattern="^[0-9a-f-]{0,36}$", title="Sessão", json_schema_extra=HIDDEN
    )

    @field_validator("number")
    @classmethod
    def _digits(cls, number: str) -> str:
        digits = "".join(sign for sign in number if sign.isdecimal())
        if not 8 <= len(digits) <= 15:
            raise ValueError("use o código do país, o DDD e o número")
        return f"+{digits}"

    @field_validator("base_url")
    @classmethod
    def _root(cls, url: str) -> str:
        return parse_service_url(url) if url else ""

    @field_validator("secret")
    @classmethod
    def _key(cls, secret: SecretStr) -> SecretStr:
        text = secret.get_secret_value()
        if text and (len(text) < 16 or not text.isascii() or not text.isprintable() or " " in text):
            raise ValueError("só letras, números e sinais, ao menos 16")
        return secret

    @field_validator("consent")
    @classmethod
    def _agreed(cls, consent: bool) -> bool:
        if not consent:
            raise ValueError("é preciso marcar que você entende o risco")
        return consent
