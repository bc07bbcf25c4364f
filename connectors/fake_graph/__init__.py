"""A fake of Meta's Graph: a stateful Cloud API on loopback, for tests, benches and drills.

It takes what Graph takes, refuses what Graph refuses, and calls webhooks as Meta does. It is
deterministic and kind unless told of troubles. Facts: WHATSAPP.md §A.2-A.9.
"""

from connectors.fake_graph.graph import FakeGraph
from connectors.fake_graph.words import App, Ladder, Number, Person, Sent, Trouble

__all__ = ["App", "FakeGraph", "Ladder", "Number", "Person", "Sent", "Trouble"]
