"""What no edit may make of a draft: a document that could not be read again."""

from flowengine.document import MAX_BYTES, MAX_NODES
from flowengine.written import Written
from web.problems import Problem
from web.publishing import read_flow
from web.texts import _

SPLIT = _("Divida-o: uma parte pode ser outro fluxo, que este chama.")


def refuse_unreadable(before: Written | None, after: Written) -> None:
    """A problem where the reader would refuse what is about to be saved.

    What makes a draft smaller that is too large already is let through.
    """
    nodes, size = len(after.flow.nodes), len(after.document)
    if nodes > MAX_NODES and (before is None or nodes >= len(before.flow.nodes)):
        raise Problem(
            _("O fluxo ficaria com {n} passos, e cabem {most}. Nada foi feito."),
            mend=SPLIT,
            n=nodes,
            most=MAX_NODES,
        )
    if size > MAX_BYTES and (before is None or size >= len(before.document)):
        raise Problem(
            _("O fluxo ficaria com {size} KB, e cabem {most} KB. Nada foi feito."),
            mend=SPLIT,
            size=-(-size // 1000),
            most=MAX_BYTES // 1000,
        )
    if b"\\u0000" in after.document:  # a NUL, or the words for one
        read_flow(after.document)
