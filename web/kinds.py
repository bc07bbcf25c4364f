"""How every kind of node looks to people: its name, icon and colour."""

from msgspec import Struct

from web.texts import _


class Kind(Struct, frozen=True):
    """`icon`: a symbol of the sprite; `tone`: a colour of tokens.css. `also`: what else people may
    call it who look for it."""

    label: str
    icon: str
    tone: str
    also: str


KINDS: dict[str, Kind] = {
    "trigger": Kind(
        _("Gatilho"),
        "zap",
        "green",
        _("começo início palavra-chave anúncio agenda horário marcado"),
    ),
    "message": Kind(
        _("Mensagem"),
        "message-circle",
        "blue",
        _(
            "texto imagem foto áudio vídeo documento arquivo figurinha localização contato modelo "
            "template enviar dizer falar"
        ),
    ),
    "ask": Kind(
        _("Pergunta"),
        "text-cursor-input",
        "blue",
        _("menu botões botão lista opções escolha perguntar resposta formulário"),
    ),
    "wait": Kind(
        _("Espera resposta"), "circle-dashed", "blue", _("esperar aguardar resposta aviso evento")
    ),
    "condition": Kind(
        _("Condição"), "git-branch", "amber", _("se senão regra comparar decidir filtro")
    ),
    "set": Kind(
        _("Guardar dados"),
        "variable",
        "teal",
        _("variável dado campo definir valor salvar calcular conta"),
    ),
    "tag": Kind(_("Etiqueta"), "tag", "teal", _("tag marcar marcador segmento")),
    "delay": Kind(_("Aguardar"), "timer", "slate", _("pausa intervalo esperar tempo atraso delay")),
    "hours": Kind(
        _("Horário"),
        "clock",
        "amber",
        _("expediente aberto fechado horário de atendimento feriado"),
    ),
    "split": Kind(
        _("Teste A/B"), "split", "amber", _("dividir sortear experimento porcentagem aleatório")
    ),
    "loop": Kind(_("Repetir"), "repeat", "amber", _("repetição cada item lista laço")),
    "http": Kind(
        _("Consulta HTTP"),
        "webhook",
        "teal",
        _("api webhook integração sistema requisição endereço"),
    ),
    "ai_reply": Kind(
        _("Resposta com IA"),
        "sparkles",
        "violet",
        _("ia inteligência artificial gpt modelo de ia assistente"),
    ),
    "transfer": Kind(
        _("Transferir"),
        "headset",
        "rose",
        _("atendente humano pessoa fila atendimento suporte equipe"),
    ),
    "flow": Kind(_("Outro fluxo"), "workflow", "violet", _("subfluxo chamar ir para")),
    "start": Kind(
        _("Agendar fluxo"), "calendar-clock", "violet", _("agendar lembrete depois iniciar fluxo")
    ),
    "cancel": Kind(
        _("Cancelar agendado"), "circle-x", "violet", _("desmarcar lembrete parar agendado")
    ),
    "notify": Kind(
        _("Avisar sistema"), "radio", "teal", _("notificar webhook evento aviso externo")
    ),
    "consent": Kind(
        _("Consentimento"), "shield-check", "rose", _("lgpd opt-in autorização permissão marketing")
    ),
    "end": Kind(
        _("Fim"),
        "circle-check-big",
        "slate",
        _("encerrar terminar acabar finalizar fechar conversa"),
    ),
}
