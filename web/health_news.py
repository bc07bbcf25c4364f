"""What providers told of a channel's health, in words for people."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from flowengine.store.channel_health import SUBJECT
from flowengine.store.channel_news import News
from web.channel_states import WHYS, alert_words
from web.texts import _

SUBJECTS = {
    "account_update": _("A conta do WhatsApp Business mudou"),
    "account_alerts": _("Alerta da conta"),
    "account_review_update": _("Análise da conta"),
    "security": _("Segurança da conta"),
    "phone_number_quality_update": _("Qualidade do número"),
    "phone_number_name_update": _("Nome exibido do número"),
    "business_capability_update": _("Limite de mensagens da empresa"),
    "message_template_status_update": _("Situação de um modelo"),
    "message_template_quality_update": _("Qualidade de um modelo"),
    "template_category_update": _("Categoria de um modelo"),
    "message_template_components_update": _("Texto de um modelo"),
    "connection": _("Conexão com o WhatsApp"),
    "qrcode": _("Código para parear"),
    "waiting": _("Uma mensagem ainda não pôde ser lida: ela vem de novo"),
    "restriction": _("O WhatsApp restringiu o número"),
    SUBJECT: _("Saúde do canal"),
}

LEVELS = {
    "good": _("bom"),
    "info": _("aviso"),
    "warning": _("atenção"),
    "stop": _("parado"),
}

_TOLD = (
    "event",
    "decision",
    "state",
    "message",
    "message_template_name",
    "new_quality_score",
    "new_category",
    "current_limit",
    "reason",
)


class NewsLine(Struct, frozen=True):
    """`subject` and `level` are sentences of ours, `detail` the provider's own words, or for an
    alert of ours a sentence too."""

    at: datetime
    level: str
    subject: str
    detail: str


def line_of(news: News) -> NewsLine:
    """A line; of a subject of tomorrow its own name."""
    if news.subject == SUBJECT:
        words = alert_words(str(news.body.get("state", "")), str(news.body.get("why", "")))
        return NewsLine(news.at, news.level, SUBJECTS[SUBJECT], words)
    return NewsLine(
        news.at, news.level, SUBJECTS.get(news.subject, news.subject), _detail(news.body)
    )


def _detail(body: dict[str, Any]) -> str:
    words = WHYS.get(str(body.get("reason", "")))
    told = (body.get(name) for name in _TOLD)
    return (
        words
        or " · ".join(str(each) for each in told if isinstance(each, str | int) and each)[:200]
    )
