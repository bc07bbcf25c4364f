"""What a look at a channel's set-up means, and its mend, in words for people."""

from msgspec import Struct

from connectors.base import Look
from web.texts import _

TITLES = {
    "token": _("Chave de acesso"),
    "scopes": _("Permissões do token"),
    "number": _("Situação do número"),
    "quality": _("Qualidade do número"),
    "subscribed": _("Aplicativo assinado na conta"),
    "fields": _("Campos do webhook"),
    "session": _("Conexão com o celular"),
    "hook": _("Webhook no servidor"),
    "webhook": _("Nosso endereço de webhook"),
    "signature": _("Assinatura do webhook"),
    "message": _("Mensagem de teste"),
}

# (what, why), then (what, ""): the mend of what is not well.
MENDS = {
    ("token", ""): _("Cole aqui um token novo: este está errado, venceu ou foi revogado."),
    ("token", "silent"): _("O provedor não respondeu. Confira o endereço e tente de novo."),
    ("token", "private"): _("É uma rede interna: nomeie-a em FLOWENGINE_ALLOWED_HTTP_HOSTS."),
    ("token", "service"): _("O serviço Baileys não responde. Veja se ele está no ar."),
    ("token", "expires"): _("Ele vence logo. Gere um token permanente de usuário do sistema."),
    ("scopes", ""): _("Gere o token de novo com estas permissões marcadas."),
    ("number", ""): _("Confira o ID do número e se o token alcança esta conta."),
    ("number", "silent"): _("O provedor não respondeu. Confira o endereço e tente de novo."),
    ("number", "status"): _("Abra o número no Gerenciador do WhatsApp e resolva o que ele pede."),
    ("number", "other"): _(
        "O celular pareado tem outro número. Corrija o do canal ou pareie o celular certo."
    ),
    ("quality", ""): _("Muita gente bloqueia ou denuncia. Envie menos e a quem espera por isso."),
    ("subscribed", ""): _("Assine a conta: POST /ID-DA-CONTA/subscribed_apps. Senão nada chega."),
    ("subscribed", "no_account"): _("Preencha o ID da conta do WhatsApp Business para conferir."),
    ("subscribed", "silent"): _("O provedor não respondeu. Confira o endereço e tente de novo."),
    ("fields", ""): _("Assine estes campos no painel da Meta, em WhatsApp > Configuração."),
    ("fields", "secret"): _("A chave secreta não é deste aplicativo. Copie-a de novo."),
    ("fields", "callback"): _("O aplicativo chama outro endereço. Cadastre o deste canal."),
    ("fields", "silent"): _("O provedor não respondeu. Confira o endereço e tente de novo."),
    ("session", ""): _("Está conectando. Se demorar, clique em Reiniciar."),
    ("session", "closed"): _("Pareie de novo com o QR code ou com o código."),
    ("session", "missing"): _("A instância ainda não existe. Clique em Conectar."),
    ("hook", "none"): _("O servidor não nos chama. Clique em Conectar: o webhook é posto de novo."),
    ("hook", "off"): _("O webhook está desligado. Clique em Conectar: ele é posto de novo."),
    ("hook", "elsewhere"): _("O servidor chama outro endereço. Clique em Conectar para corrigir."),
    ("hook", "secret"): _("O servidor não envia a nossa chave. Clique em Conectar para corrigir."),
    ("hook", "events"): _("Faltam eventos. Clique em Conectar para corrigir."),
    ("hook", "by_events"): _("Desligue “byEvents”: o endereço muda a cada evento e nada chega."),
    ("webhook", "local"): _("Só existe neste computador. Defina FLOWENGINE_PUBLIC_URL com https."),
    ("webhook", "unreachable"): _("Ninguém responde neste endereço. Confira o domínio e o proxy."),
    ("webhook", "elsewhere"): _("Outra coisa responde neste endereço. Confira o proxy."),
    ("webhook", "silent"): _("Nada chega há mais de um dia. Escreva ao canal e confira o webhook."),
    ("signature", ""): _("A nossa assinatura foi recusada. Guarde a chave secreta de novo."),
    ("message", ""): _("O provedor recusou a mensagem de teste."),
    ("message", "window"): _("O canal só responde: peça que a pessoa escreva antes, e repita."),
    ("message", "unreachable"): _("Este número não tem WhatsApp, ou não pode ser alcançado."),
    ("message", "unclear"): _("O provedor não respondeu: ninguém sabe se a mensagem saiu."),
}


class LookLine(Struct, frozen=True):
    """`title` and `mend` are sentences of ours; `detail` the provider's own words."""

    how: str
    title: str
    mend: str
    detail: str


def line_of(look: Look) -> LookLine:
    """A look in words; what is well needs no mend."""
    mend = ""
    if look.how != "ok":
        mend = MENDS.get((look.what, look.why)) or MENDS.get((look.what, ""), "")
    return LookLine(look.how, TITLES.get(look.what, look.what), mend, look.detail)
