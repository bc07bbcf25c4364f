"""The test kit of connectors: what every one of them passes, ours and third parties'.

Stand a `Subject` up (the connector beside a fake of its provider, real HTTP between them) and have
each check of `CHECKS` look at it; give `read_cases` a folder of recorded bodies and `read_sends` a
file of sends. A check raises `Unfit` with a sentence; nothing here needs a test runner.
"""

from connectors.kit.cases import Case, SendCase, differences, read_cases, read_sends
from connectors.kit.checks import CHECKS
from connectors.kit.hostile import HOSTILE
from connectors.kit.subject import Subject, Trouble, Unfit

__all__ = [
    "CHECKS",
    "HOSTILE",
    "Case",
    "SendCase",
    "Subject",
    "Trouble",
    "Unfit",
    "differences",
    "read_cases",
    "read_sends",
]
