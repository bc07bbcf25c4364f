"""A fake Evolution API server: stateful, on loopback, for tests and drills.

It takes what the server takes, refuses what it refuses (in its shapes), pairs by QR or code when a
test scans, and posts webhooks with the headers it was told. Facts: WHATSAPP.md §D.2-D.5.
"""

from connectors.fake_evolution.evolution import FakeEvolution
from connectors.fake_evolution.words import Instance, Posted, Trouble

__all__ = ["FakeEvolution", "Instance", "Posted", "Trouble"]
