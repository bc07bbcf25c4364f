"""The editor: a canvas where a flow is drawn, and a draft that the server keeps.

`pages` has the routes of drawing. `board` says what stands on the canvas, `steps` what a gesture
becomes, `drafts` how it is kept: `fitting` says what is too large, `again` knows an edit that comes
twice, `parts` and `turning` tell the page what changed. `respoken` is said after a paste between
languages. `inspector` has the routes of a step's form, `forms` what it asks
for; `flow_form` is the form of the flow itself, `beginning` what a new one begins as. The rules of
editing are `flowengine.editing`.
`preview` plays the draft as it is; `stage` compiles it, `story` tells what happened. `talks`
keeps its tests, `suite` runs them.
`told` puts what check finds into a designer's words.
`publish` is the page before publishing, `callers` asks the flows that call it, `moving` says who is
inside, `move_pages` carries conversations to another version,
`look` is a canvas for looking only,
`replay` a real conversation on it, `numbers` what happened; `contests` compares the ways of a test,
`contest_words` says it, `odds` is the arithmetic.
"""

from web.editor.findings import FindingRoutes
from web.editor.flow_form import FlowFormRoutes
from web.editor.inspector import Inspector
from web.editor.look import Look
from web.editor.move_pages import MoveRoutes
from web.editor.numbers import NumbersRoutes
from web.editor.outline import OutlineRoutes
from web.editor.pages import Editor
from web.editor.preview import PreviewRoutes
from web.editor.publish import PublishRoutes
from web.editor.replay import Replay, why
from web.editor.talks import TalkRoutes
from web.editor.together import Together
from web.editor.trial_pages import TrialRoutes

EDITOR = (
    Editor,
    Inspector,
    FlowFormRoutes,
    Together,
    OutlineRoutes,
    PreviewRoutes,
    TalkRoutes,
    FindingRoutes,
    PublishRoutes,
    MoveRoutes,
    TrialRoutes,
    Look,
    Replay,
    why,
    NumbersRoutes,
)

__all__ = ["EDITOR", "Editor"]
