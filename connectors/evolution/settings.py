"""What a channel of an Evolution API server needs to know; its JSON Schema draws the form."""

from pydantic import Field, field_validator

from connectors.base import ChannelSettings, Token
from connectors.net import parse_service_url


class EvolutionSettings(ChannelSettings):
    """Careful by default: it answers and never begins, thirty messages a minute.

    `base_url`: plain http is taken on loopback and for names and addresses of a private network
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
    replies_only: bool = Field(
        default=True,
        title="Só responder",
        description="Só a quem escreveu antes. Começar conversas é o que mais bane números.",
    )
    native_choices: bool = Field(
        default=False,
        title="Botões e listas nativos",
        description="Muitos aparelhos não os mostram. Desligado: texto numerado, que sempre chega.",
    )
    messages_per_second: float = Field(
        default=0.5,
        gt=0,
        le=1000,
        title="Mensagens por segundo",
        description="0,5 são 30 por minuto. Mais rápido que isso põe o número em risco.",
    )

    @field_validator("base_url")
    @classmethod
    def _root(cls, url: str) -> str:
        return parse_service_url(url)
