"""The examples that come with the product, as the gallery of new flows shows them."""

from functools import cache
from pathlib import Path

from msgspec import Struct

from flowengine.document import parse
from flowengine.errors import ReleaseError
from flowengine.flow import Flow
from flowengine.release import compile_release
from flowengine.run import Release
from flowengine.talks.format import Talk, parse_talk
from flowengine.talks.player import play_through
from flowengine.talks.rows import Row, simulated
from flowengine.workspace import EMPTY, Workspace, parse_workspace
from web.texts import _

FOLDER = Path(__file__).parents[1] / "examples"

ABOUT = {
    "triagem": _("Recebe quem escreve, entende o que a pessoa quer e leva ao lugar certo."),
    "agendamento": _("Mostra horários livres de uma agenda, marca e lembra na véspera."),
    "lembrete": _("Espera até a véspera e manda um modelo aprovado para confirmar ou remarcar."),
    "pedido": _("Pergunta o número do pedido e diz onde ele está, olhando no sistema da loja."),
    "pesquisa": _("Pede uma nota quando a equipe fecha a conversa e cuida de quem não gostou."),
    "plano": _("Faz perguntas, conta pontos e passa o cliente mais interessado para as vendas."),
    "duvidas": _("Responde dúvidas com IA e os textos da loja, e chama a equipe quando não sabe."),
    "vagas": _("Uma consulta que a IA de outro fluxo pode fazer: os horários livres da agenda."),
}
"""What each does, in a sentence; also the order in which they are shown."""


class Example(Struct, frozen=True):
    """A flow of the gallery. `talks`: its tests, by their names."""

    flow: Flow
    about: str
    talks: tuple[Talk, ...]


@cache
def examples() -> dict[str, Example]:
    """All of them by key, in the order of the gallery; nothing where they were not installed."""
    found: dict[str, Example] = {}
    for key, about in ABOUT.items():
        path = FOLDER / f"{key}.flow.json"
        if path.is_file():
            talks = sorted(FOLDER.glob(f"{key}.*.talk.json"))
            told = tuple(parse_talk(each.read_bytes()) for each in talks)
            found[key] = Example(parse(path.read_bytes()), about, told)
    return found


@cache
def their_workspace() -> Workspace:
    """The names that the examples use, with values to begin with."""
    path = FOLDER / "workspace.json"
    return parse_workspace(path.read_bytes()) if path.is_file() else EMPTY


@cache
def releases() -> tuple[Release, ...]:
    """Every example as if it were published beside the others."""
    flows = {key: each.flow for key, each in examples().items()}
    found: list[Release] = []
    for flow in flows.values():
        try:
            found.append(compile_release(flow, flows))
        except ReleaseError:  # one that calls another that is not there
            continue
    return tuple(found)


def shown_talk(example: Example) -> tuple[Row, ...]:
    """The talk that shows most of an example, as it goes; nothing where it has none."""
    if not example.talks:
        return ()
    longest = max(example.talks, key=lambda talk: len(talk.steps))
    _played, sim = play_through(longest, releases(), their_workspace())
    return tuple(simulated(sim.happened))
