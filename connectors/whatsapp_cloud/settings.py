"""What a Cloud API channel needs to know; its JSON Schema draws the form."""

import re

from pydantic import Field, field_validator

from connectors.base import ChannelSettings, Secret, Token
from connectors.net import parse_base_url

DEFAULT_ROOT = "https://graph.facebook.com"


class CloudSettings(ChannelSettings):
    """`base_url` is the root without a version; plain http is taken on loopback only."""

    phone_number_id: str = Field(
        pattern=r"^[0-9A-Za-z_-]{1,64}$",
        title="ID do número de telefone",
        description="No painel da Meta, em WhatsApp > Configuração da API.",
    )
    token: Token = Field(
        min_length=1, title="Token de acesso", description="De um usuário do sistema, permanente."
    )
    app_secret: Secret = Field(
        min_length=1,
        title="Chave secreta do aplicativo",
        description="Confere a assinatura de cada webhook.",
    )
    verify_token: Secret = Field(
        min_length=1,
        title="Token de verificação",
        description="O mesmo texto que você digita ao cadastrar o webhook na Meta.",
    )
    waba_id: str = Field(
        default="", pattern=r"^[0-9A-Za-z_-]{0,64}$", title="ID da conta do WhatsApp Business"
    )
    portfolio: str = Field(
        default="",
        pattern=r"^[0-9A-Za-z_-]{0,64}$",
        title="ID do portfólio empresarial",
        description="Os identificadores de usuário (BSUID) valem dentro de um portfólio.",
    )
    base_url: str = Field(default=DEFAULT_ROOT, title="Endereço da API (sem versão)")
    version: str = Field(default="v26.0", pattern=r"^v\d{1,3}\.\d{1,2}$", title="Versão da API")
    seconds_per_contact: float = Field(
        default=6,
        ge=0,
        le=60,
        title="Segundos entre mensagens à mesma pessoa",
        description="A Meta aceita uma a cada seis segundos, com até 45 de uma vez; 0: sem limite.",
    )
    media_hosts: tuple[str, ...] = Field(
        default=(),
        title="Hosts de mídia",
        description="Outros endereços que podem receber o token ao baixar arquivos.",
    )

    @field_validator("base_url")
    @classmethod
    def _root(cls, url: str) -> str:
        root = parse_base_url(url)
        if re.search(r"/v\d+\.\d+$", root):
            raise ValueError("o endereço vem sem a versão: ela tem campo próprio")
        return root

    @property
    def root(self) -> str:
        """Where the versioned API begins."""
        return f"{self.base_url}/{self.version}"
