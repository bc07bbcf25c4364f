"""A fake of the Baileys service, for tests: its HTTP side, sessions, troubles on request.

Of WhatsApp it knows nothing: the service's own tests speak with a mock of WhatsApp Web's servers.
"""

from connectors.fake_baileys.service import FakeBaileys, Paired, Posted, Trouble, sign, upsert

__all__ = ["FakeBaileys", "Paired", "Posted", "Trouble", "sign", "upsert"]
