"""What a simulator channel needs to know."""

from pydantic import Field, field_validator

from connectors.base import ChannelSettings, Secret, Token
from connectors.net import parse_base_url


class SimulatorSettings(ChannelSettings):
    """`base_url` is where the simulated network listens; its paths begin with `/sim/`."""

    number: str = Field(pattern=r"^[0-9A-Za-z_+-]{1,64}$", title="Número simulado")
    base_url: str = Field(default="http://127.0.0.1:8000", title="Endereço do simulador")
    secret: Secret = Field(min_length=1, title="Chave dos webhooks")
    token: Token = Field(min_length=1, title="Token de envio")

    @field_validator("base_url")
    @classmethod
    def _root(cls, url: str) -> str:
        return parse_base_url(url)
