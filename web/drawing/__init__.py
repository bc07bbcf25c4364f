"""A flow drawn as SVG by the server: pure functions from the document to places on a page.

`cards` says what stands on each card and how high it is, `layers` in which column it belongs,
`order` who stands above whom, `place` where exactly and how the lines run. `draw` is all of it.
"""

from web.drawing.cards import Card, make_cards
from web.drawing.draw import Drawing, draw

__all__ = ["Card", "Drawing", "draw", "make_cards"]
