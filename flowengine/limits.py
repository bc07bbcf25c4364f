"""The engine's limits. A turn that passes one fails as a whole, and `settings.on_problem` acts."""

MAX_STEPS = 500
"""Node steps in one turn."""

MAX_TURNS = 10_000
"""Turns of one execution."""

MAX_DEPTH = 8
"""Frames on the stack: sub-flows and returning interrupts."""

MAX_SENDS = 60
"""Sends of one turn."""

MAX_BACKLOG = 50
"""Early messages kept for the next wait."""

MAX_BACKLOG_CHARS = 32_768

MAX_ROWS = 200
"""Rows of a dynamic list, over all its pages."""

MAX_OFFER_BYTES = 65_536
"""What one offer may keep of its rows' items."""

MAX_ROUNDS = 20
"""Answers of a model in one dialogue."""

MAX_TOOL_CALLS = 8
"""Tools that a model may call at once; of more it is told that they were too many."""

MAX_TOOL_TEXT = 8_000
"""Characters of a result that a model is told."""

SHORT_DELAY = 60
"""Seconds that a delay may keep the foreground."""


class LimitPassed(Exception):
    """A turn broke one of the limits."""
