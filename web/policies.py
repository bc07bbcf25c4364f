"""A workspace's policies as people and programs write them: read, checked, kept."""

import re

from flowengine.store import policies
from flowengine.store.policies import Policy
from flowengine.store.transaction import Transaction
from web.problems import Problem
from web.texts import _

LONGEST_MONTHS, LONGEST_DAYS = 120, 3650
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def keeping_of(months: int | None, days: int | None) -> tuple[int | None, int | None]:
    """How long messages and files are kept; None is for ever. Raises `Problem`."""
    if months is not None and not 1 <= months <= LONGEST_MONTHS:
        raise Problem(
            _("Guarde as mensagens de 1 a {most} meses, ou para sempre."),
            place="keep_months",
            most=LONGEST_MONTHS,
        )
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise Problem(
            _("Guarde os arquivos de 1 a {most} dias, ou para sempre."),
            place="keep_media_days",
            most=LONGEST_DAYS,
        )
    return months, days


def quiet_of(begins: str, ends: str) -> tuple[str, str]:
    """Silent hours, "HH:MM"; both empty: none. Raises `Problem`."""
    if not begins and not ends:
        return "", ""
    for place, at in (("quiet_from", begins), ("quiet_until", ends)):
        if not _TIME.fullmatch(at):
            raise Problem(_("Escreva a hora como 22:00."), place=place)
    if begins == ends:
        raise Problem(
            _("O silêncio precisa começar e terminar em horas diferentes."), place="quiet_until"
        )
    return begins, ends


async def keep(transaction: Transaction, wanted: Policy) -> Policy:
    """Store a whole policy; what stands then. Raises `Problem`."""
    months, days = keeping_of(wanted.keep_months, wanted.keep_media_days)
    begins, ends = quiet_of(wanted.quiet_from, wanted.quiet_until)
    await policies.set_keeping(transaction, months, days)
    await policies.set_quiet(transaction, begins, ends)
    return await policies.policy(transaction)
