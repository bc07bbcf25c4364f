"""Talks: tests of flows written as chats (FLOWS.md §6).

`format` reads them, `player` plays them, `recording` writes a conversation down as one, `coverage`
tells what they do not reach.
"""

from flowengine.talks.format import Talk, parse_talk
from flowengine.talks.player import Failure, Played, play
from flowengine.talks.recording import Recording, record
from flowengine.talks.writing import write_talk

__all__ = ["Failure", "Played", "Recording", "Talk", "parse_talk", "play", "record", "write_talk"]
