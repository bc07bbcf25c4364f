"""The editor's preview: a conversation played by hand, told by a list of acts.

The list is all there is: whoever shows a preview keeps it, and plays it again from the beginning,
so that one can step back, change the flow beneath it, and go on.
"""

from flowengine.preview.chat import Preview
from flowengine.preview.script import Act, Played, Script, play, read_script, talk_of

__all__ = ["Act", "Played", "Preview", "Script", "play", "read_script", "talk_of"]
