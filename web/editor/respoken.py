"""What a paste between flows of different languages says of the words that came along."""

import msgspec

from flowengine.editing import Clip, respoken
from flowengine.flow import Flow
from web.editor.again import Applied
from web.editor.tongues import NAMES
from web.texts import Texts, _


class Pasted(Applied, frozen=True):
    """What a paste did. `notice`: what its reader should know of it; "" for nothing."""

    notice: str = ""


def with_notice(done: Applied, flow: Flow, piece: Clip, t: Texts) -> Applied:
    """The answer of a paste into `flow`, and what became of the words."""
    return Pasted(**msgspec.structs.asdict(done), notice=notice_of(flow, piece, t))


def notice_of(flow: Flow, piece: Clip, t: Texts) -> str:
    """Which words changed places, and how many are in the other language still."""
    heard = respoken(flow, piece)
    own = NAMES.get(flow.language, flow.language)
    other = NAMES.get(piece.language, piece.language) or t(_("outra língua"))
    said: list[str] = []
    if heard.swapped and piece.language:
        said.append(
            t(
                _("O que foi colado fala {own} agora; as palavras em {other} são uma tradução."),
                own=own,
                other=other,
            )
        )
    if heard.foreign:
        said.append(
            t(
                _(
                    "{n} texto colado continua em {other}: nada o traduzia."
                    " | {n} textos colados continuam em {other}: nada os traduzia."
                ),
                n=heard.foreign,
                other=other,
            )
        )
    return " ".join(said)
