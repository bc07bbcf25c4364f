"""The audit log as people read it: who, did what, to what, and from what to what."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from flowengine.store import accounts, api_keys, channels, subscriptions
from flowengine.store.auditing import COMMAND, Change, key_actor, user_actor
from flowengine.store.transaction import Transaction
from web.audit_words import in_words, moment_of
from web.texts import Texts, _

KINDS = {
    "tenants": (_("o espaço"), "/settings"),
    "policies": (_("a guarda e o silêncio"), "/settings"),
    "memberships": (_("a pessoa"), "/settings/people"),
    "api_keys": (_("a chave da API"), "/settings/keys"),
    "channels": (_("o canal"), "/channels"),
    "contact_fields": (_("o campo"), "/settings/fields"),
    "tags": (_("a etiqueta"), "/settings/tags"),
    "constants": (_("a constante"), "/settings/constants"),
    "secrets": (_("o segredo"), "/settings/secrets"),
    "model_profiles": (_("o modelo de IA"), "/settings/models"),
    "knowledge_bases": (_("a base de conhecimento"), "/settings/knowledge"),
    "schedules": (_("o horário"), "/settings/schedules"),
    "queues": (_("a fila"), "/settings/queues"),
    "queue_members": (_("a pessoa da fila"), "/settings/queues"),
    "templates": (_("o modelo de mensagem"), "/settings/templates"),
    "flows": (_("o fluxo"), "/flows"),
    "folders": (_("a pasta"), "/flows"),
    "channel_flows": (_("o fluxo do canal"), "/channels"),
    "subscriptions": (_("o aviso a outro sistema"), "/settings/subscriptions"),
    "contacts": (_("o contato"), "/contacts"),
}
"""By table: what people call it, and where it is changed."""

ACTIONS = {
    "added": _("criou"),
    "changed": _("mudou"),
    "removed": _("removeu"),
    "published": _("publicou"),
    "erased": _("apagou os dados de"),
    "merged": _("juntou"),
    "signed_in": _("entrou como"),
    "password": _("trocou a senha de"),
    "came": _("entrou pelo convite como"),
    "left": _("tirou do espaço"),
    "withdrawn": _("retirou o convite de"),
}

COLUMNS = {
    "name": _("nome"),
    "folder": _("pasta"),
    "slug": _("endereço"),
    "language": _("idioma"),
    "timezone": _("fuso"),
    "opt_out_words": _("palavras de saída"),
    "opt_out_text": _("resposta à saída"),
    "purposes": _("finalidades"),
    "default_queue": _("fila padrão"),
    "allowed_origins": _("sites permitidos"),
    "keep_months": _("meses de conversas"),
    "keep_media_days": _("dias de arquivos"),
    "quiet_from": _("silêncio a partir de"),
    "quiet_until": _("silêncio até"),
    "role": _("papel"),
    "revoked_at": _("revogada em"),
    "kind": _("tipo"),
    "address": _("número"),
    "settings": _("configuração"),
    "state": _("estado"),
    "rate": _("ritmo"),
    "passages": _("trechos"),
    "type": _("tipo"),
    "color": _("cor"),
    "value": _("valor"),
    "schedule": _("horário"),
    "category": _("categoria"),
    "status": _("situação"),
    "published": _("versão publicada"),
    "url": _("endereço"),
    "names": _("acontecimentos"),
    "secret": _("segredo"),
    "body": _("texto"),
    "params": _("variáveis"),
    "buttons": _("botões"),
    "header": _("cabeçalho"),
    "weekly": _("semana"),
    "holidays": _("feriados"),
    "dates": _("datas especiais"),
    "key_hash": _("chave"),
    "areas": _("partes da API"),
    "keys_revoked": _("chaves revogadas"),
    "keys_kept": _("chaves que ficaram"),
}
UNTOLD = frozenset({"release", "key", "id", "tenant_id", "user_id"})
LONGEST = 160
SEALED = frozenset({"settings", "value", "secret", "key_hash"})


class Detail(Struct, frozen=True):
    """One column: `was` and `became` are empty where there was nothing; `sealed`: never shown."""

    label: str
    was: str
    became: str
    sealed: bool


class AuditLine(Struct, frozen=True):
    """One line of the log. `href` leads to where the thing is changed, empty where nowhere."""

    at: datetime
    who: str
    did: str
    what: str
    name: str
    href: str
    details: tuple[Detail, ...]


class Cast(Struct, frozen=True):
    """Names of actors, and of what has an id for a key."""

    actors: Mapping[str, str]
    things: Mapping[str, str]


async def cast_of(transaction: Transaction) -> Cast:
    """Who and what the workspace's log may speak of."""
    people = await accounts.members(transaction)
    keys = await api_keys.api_keys(transaction)
    numbers = await channels.channels(transaction)
    actors = {user_actor(each.id): each.name or each.email for each in people}
    actors |= {key_actor(each.id): each.name for each in keys}
    things: dict[str, str] = {str(each.id): each.name or each.email for each in people}
    things |= {str(each.id): each.name for each in (*keys, *numbers)}
    things |= {str(each.id): each.url for each in await subscriptions.subscriptions(transaction)}
    return Cast(actors, things)


def tell_changes(found: Iterable[Change], cast: Cast, t: Texts) -> tuple[AuditLine, ...]:
    """The lines of a page."""
    return tuple(_line(each, cast, t) for each in found)


def who_of(actor: str, cast: Cast, t: Texts) -> str:
    """An actor's name; of somebody who left, what they were."""
    if actor == COMMAND:
        return t(_("Terminal"))
    gone = _("Alguém que saiu") if actor.startswith("user:") else _("Uma chave da API")
    return cast.actors.get(actor) or t(gone)


def contracted(did: str, what: str) -> tuple[str, str]:
    """Both as they are said beside each other: "a senha de" "a pessoa" is "a senha da" "pessoa"."""
    for article, contraction in (("a", "da"), ("o", "do"), ("el", "del")):
        if did.endswith(" de") and what.startswith(f"{article} "):
            return did.removesuffix("de") + contraction, what.removeprefix(f"{article} ")
    return did, what


def _line(change: Change, cast: Cast, t: Texts) -> AuditLine:
    words, href = KINDS.get(change.kind, (change.kind, ""))
    action = change.action
    if change.kind == "flows" and change.became.get("published"):
        action = "published"
    did, what = contracted(t(ACTIONS.get(action, action)), t(words))
    return AuditLine(
        at=change.at,
        who=who_of(change.actor, cast, t),
        did=did,
        what=what,
        name=_name(change, cast),
        href=_place(change, href),
        details=tuple(_details(change, t)),
    )


def _name(change: Change, cast: Cast) -> str:
    own = change.became.get("name") or change.was.get("name")
    if isinstance(own, str) and own and change.kind != "templates":
        return own
    return " · ".join(cast.things.get(part) or _short(part) for part in change.key.split(" "))


def _place(change: Change, href: str) -> str:
    if change.action in ("removed", "erased") or not href:
        return href if change.action == "removed" else ""
    if change.kind in ("flows", "contacts", "channels"):
        return f"{href}/{change.key}"
    return href


def _details(change: Change, t: Texts) -> Iterable[Detail]:
    was, became = _flat(change.was), _flat(change.became)
    for name in sorted(was.keys() | became.keys()):
        if name in UNTOLD or (change.action == "added" and name == "name"):
            continue
        before, after = was.get(name), became.get(name)
        if before == after and not _is_sealed(change, name):
            continue
        detail = Detail(
            label=t(COLUMNS.get(name, name)),
            was=_text(name, before, t),
            became=_text(name, after, t),
            sealed=_is_sealed(change, name),
        )
        if detail.sealed or detail.was or detail.became:
            yield detail


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with the parts of its document as columns of their own."""
    flat = {name: value for name, value in row.items() if name != "document"}
    document = row.get("document")
    if isinstance(document, dict):
        flat |= msgspec.convert(document, dict[str, Any])
    return flat


def _is_sealed(change: Change, name: str) -> bool:
    sides = [side for side in (change.was, change.became) if name in side]
    return bool(sides) and all(side[name] is None for side in sides) and name in SEALED


def _text(name: str, value: Any, t: Texts) -> str:
    text = in_words(name, value, t)
    if name.endswith("_at"):
        text = moment_of(text, t)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _short(part: str) -> str:
    try:
        return str(UUID(part))[:8]
    except ValueError:
        return part
