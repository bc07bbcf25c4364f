"""Talks: tests of flows written as chats (FLOWS.md §6); `format` reads, `player` plays them."""

from flowengine.talks.format import Talk, parse_talk
from flowengine.talks.player import Failure, Played, play

__all__ = ["Failure", "Played", "Talk", "parse_talk", "play"]
