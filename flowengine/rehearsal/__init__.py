"""Rehearsal: recorded conversations played again on another release, to see where they part.

What the customer, people and other systems did is taken from the journal; what the bot does is
done anew. A conversation is followed until the new release stands somewhere else than the old one
did: from there on the recorded answers are answers to other questions.
"""

from flowengine.rehearsal.findings import Journal, Parting, Rehearsal, Rehearsed
from flowengine.rehearsal.rehearse import rehearse
from flowengine.rehearsal.text import Group, describe, groups

__all__ = [
    "Group",
    "Journal",
    "Parting",
    "Rehearsal",
    "Rehearsed",
    "describe",
    "groups",
    "rehearse",
]
