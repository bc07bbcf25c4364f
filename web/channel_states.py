"""How a channel does, in words for people: its state, the reason, and the mend."""

from datetime import datetime

from msgspec import Struct

from connectors.base import Look
from flowengine.store.channel_health import Health, Note
from flowengine.store.channels import Channel
from web import looks
from web.texts import _
from workers.channel_health import is_healthy

STATES = {
    "unknown": _("Ainda não olhamos"),
    "connected": _("Conectado"),
    "connecting": _("Conectando"),
    "disconnected": _("Desconectado"),
    "needs_pairing": _("Precisa parear"),
    "reauthorise": _("Precisa de nova autorização"),
    "paused": _("Pausado"),
}
TONES = {
    "connected": "ok",
    "connecting": "warn",
    "paused": "warn",
    "unknown": "",
}

WHYS = {
    "account": _("O provedor bloqueou ou restringiu o número."),
    "asked": _("Alguém desligou esta conexão."),
    "auth": _("O provedor não aceita mais o token."),
    "bad_session": _("A sessão se estragou."),
    "banned": _("O WhatsApp baniu ou bloqueou este número."),
    "billing": _("A conta tem um problema de pagamento."),
    "failing": _("Os envios falham um depois do outro."),
    "gave_up": _("Tentamos muitas vezes e a conexão não volta."),
    "logged_out": _("O celular nos desconectou."),
    "lost": _("A conexão caiu."),
    "missing": _("A conexão ainda não existe no servidor."),
    "multidevice": _("O celular não aceita mais aparelhos conectados deste tipo."),
    "other_number": _("O celular pareado tem outro número."),
    "owned_elsewhere": _("Outro processo nosso cuida desta conexão."),
    "private_address": _("O endereço é de uma rede interna que não foi liberada."),
    "replaced": _("Outro programa tomou a conexão."),
    "settings": _("A configuração guardada não pode ser lida."),
    "silent": _("O provedor não respondeu."),
    "stuck": _("Tentamos muitas vezes e a conexão não volta."),
    "too_old": _("O programa de conexão está velho demais para o WhatsApp."),
    "unavailable": _("O WhatsApp está fora do ar por um momento."),
    "unused": _("Ficou um mês sem ser pareada e foi apagada no servidor."),
}

# (state, why), then (state, ""): what to do.
MENDS = {
    ("disconnected", ""): _("Tentamos reconectar sozinhos. Se demorar, clique em Reiniciar."),
    ("disconnected", "account"): _("Abra o número no Gerenciador do WhatsApp e veja o que pede."),
    ("disconnected", "banned"): _("Peça a revisão no WhatsApp. Use outro canal enquanto isso."),
    ("disconnected", "billing"): _("Acerte o pagamento na conta do provedor."),
    ("disconnected", "asked"): _("Clique em Conectar quando quiser voltar."),
    ("disconnected", "private_address"): _(
        "É uma rede interna: nomeie-a em FLOWENGINE_ALLOWED_HTTP_HOSTS."
    ),
    ("disconnected", "replaced"): _("Feche o outro programa e clique em Reiniciar."),
    ("disconnected", "silent"): _("Confira o endereço e o servidor. Seguimos tentando."),
    ("disconnected", "stuck"): _("Confira o celular e o servidor, e pareie de novo se preciso."),
    ("disconnected", "too_old"): _("Atualize o Flowengine."),
    ("needs_pairing", ""): _("Clique em Conectar e pareie com o QR code ou com o código."),
    ("reauthorise", ""): _("Cole um token novo em Configuração."),
    ("reauthorise", "settings"): _("Preencha a Configuração de novo e guarde."),
}


class NoteLine(Struct, frozen=True):
    """Something that is worth a word. `how`: warning or failed."""

    how: str
    title: str
    mend: str
    detail: str


class HealthLine(Struct, frozen=True):
    """`state` is a word of ours, `words`, `why` and `mend` sentences; `detail` the provider's.

    `tone`: ok, warn, bad or "".
    """

    state: str
    tone: str
    words: str
    why: str
    mend: str
    detail: str
    healthy: bool
    notes: tuple[NoteLine, ...]
    since: datetime | None
    looked_at: datetime | None
    heard_at: datetime | None
    tries: int


def line_of(channel: Channel, health: Health | None) -> HealthLine:
    """How a channel does; one that is paused is nothing else."""
    known = health or Health(channel.id)
    state = "paused" if channel.state == "paused" else known.state
    bad = state not in TONES
    why = WHYS.get(known.why, known.why) if state not in ("paused", "connected") else ""
    notes = () if state == "paused" else tuple(note_line(note) for note in known.notes)
    failed = any(note.how == "failed" for note in notes)
    tone = TONES.get(state, "bad")
    return HealthLine(
        state,
        ("bad" if failed else "warn") if notes and tone == "ok" else tone,
        STATES.get(state, state),
        why,
        (MENDS.get((state, known.why)) or MENDS.get((state, ""), "")) if bad else "",
        known.detail if bad else "",
        state == "connected" and is_healthy(known),
        notes,
        known.since if known.looked_at else None,
        known.looked_at,
        known.heard_at,
        known.tries,
    )


def note_line(note: Note) -> NoteLine:
    """A note as a look at the set-up says it."""
    how = "failed" if note.how == "failed" else "warning"
    told = looks.line_of(Look(note.what, how, note.why, note.detail))
    return NoteLine(how, told.title, told.mend, told.detail)


def alert_words(state: str, why: str) -> str:
    """What an alert among the news of a channel says."""
    if "/" in why:
        what, _slash, case = why.partition("/")
        told = looks.line_of(Look(what, "warning", case))
        return told.mend or told.title
    return WHYS.get(why) or STATES.get(state, state)
