"""What a channel of an Evolution API server needs to know; its JSON Schema draws the form."""

from pydantic import Field, field_validator

from connectors.base import Token
from connectors.channel import LinkedSettings
from connectors.net import parse_service_url


class EvolutionSettings(LinkedSettings):
    """`base_url`: plain http is taken on loopback and for names and addresses of a private network
    (which FLOWENGINE_ALLOWED_HTTP_HOSTS must name as well).
    """

    base_url: str = Field(
        title="Endereço do servidor Evolution", description="Por exemplo https://evo.exemplo.com"
    )
    instance: str = Field(
        pattern=r"^[0-9A-Za-z_-]{1,64}$",
        title="Nome da instância",
        description="Letras, números, - e _. Criamos a instância se ela ainda não existir.",
    )
    api_key: Token = Field(
        min_length=1,
        title="Chave da API (apikey)",
        description="A chave global cria a instância; o token da instância basta depois disso.",
    )
    webhook_secret: Token = Field(
        min_length=16,
        title="Chave dos webhooks",
        description="O servidor a envia em cada webhook: assim sabemos que é ele.",
    )
    native_choices: bool = Field(
        default=False,
        title="Botões e listas nativos",
        description="Muitos aparelhos não os mostram. Desligado: texto numerado, que sempre chega.",
    )

    @field_validator("base_url")
    @classmethod
    def _root(cls, url: str) -> str:
        return parse_service_url(url)
