"""How every kind of node looks to people: its name, icon and colour."""

from msgspec import Struct

from web.texts import _


class Kind(Struct, frozen=True):
    """`icon`: a symbol of the sprite; `tone`: a colour of tokens.css."""

    label: str
    icon: str
    tone: str


KINDS: dict[str, Kind] = {
    "trigger": Kind(_("Gatilho"), "zap", "green"),
    "message": Kind(_("Mensagem"), "message-circle", "blue"),
    "ask": Kind(_("Pergunta"), "text-cursor-input", "blue"),
    "wait": Kind(_("Espera resposta"), "circle-dashed", "blue"),
    "condition": Kind(_("Condição"), "git-branch", "amber"),
    "set": Kind(_("Guardar dados"), "variable", "teal"),
    "tag": Kind(_("Etiqueta"), "tag", "teal"),
    "delay": Kind(_("Aguardar"), "timer", "slate"),
    "hours": Kind(_("Horário"), "clock", "amber"),
    "split": Kind(_("Teste A/B"), "split", "amber"),
    "loop": Kind(_("Repetir"), "repeat", "amber"),
    "http": Kind(_("Consulta HTTP"), "webhook", "teal"),
    "ai_reply": Kind(_("Resposta com IA"), "sparkles", "violet"),
    "transfer": Kind(_("Transferir"), "headset", "rose"),
    "flow": Kind(_("Outro fluxo"), "workflow", "violet"),
    "start": Kind(_("Agendar fluxo"), "calendar-clock", "violet"),
    "cancel": Kind(_("Cancelar agendado"), "circle-x", "violet"),
    "notify": Kind(_("Avisar sistema"), "radio", "teal"),
    "consent": Kind(_("Consentimento"), "shield-check", "rose"),
    "end": Kind(_("Fim"), "circle-check-big", "slate"),
}
