"""The editor: a canvas where a flow is drawn, and a draft that the server keeps.

`pages` has the routes. `board` says what stands on the canvas, `steps` what a gesture becomes,
`fields` what a step's form asks for. The rules of editing are `flowengine.editing`.
"""

from web.editor.pages import Editor

__all__ = ["Editor"]
