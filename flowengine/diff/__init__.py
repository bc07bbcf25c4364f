"""What changed between two versions of a flow, in the designer's terms.

A node that was only moved on the canvas has not changed; a title, a note, a label or the flow's
name is words for the team, and changes no behaviour. The order of nodes, edges and declarations
means nothing; the order of choices, cases and contents does.
"""

from flowengine.diff.changes import Change, Difference, FieldChange
from flowengine.diff.compare import diff
from flowengine.diff.text import describe

__all__ = ["Change", "Difference", "FieldChange", "describe", "diff"]
