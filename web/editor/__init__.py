"""The editor: a canvas where a flow is drawn, and a draft that the server keeps.

`pages` has the routes of drawing. `board` says what stands on the canvas, `steps` what a gesture
becomes, `fields` what a step's form asks for. The rules of editing are `flowengine.editing`.
`preview` plays the draft as it is; `stage` compiles it, `story` tells what happened. `talks`
keeps its tests, `suite` runs them.
"""

from web.editor.pages import Editor
from web.editor.preview import PreviewRoutes
from web.editor.talks import TalkRoutes

EDITOR = (Editor, PreviewRoutes, TalkRoutes)

__all__ = ["EDITOR", "Editor"]
