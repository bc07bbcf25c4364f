"""WhatsApp through an Evolution API server (v2.3): unofficial, with the risk of a ban.

`connector` is the whole; `session` pairs and ends the connection, `parse` reads webhooks,
`payloads` writes sends, `errors` is the server's trouble in our words. Facts and sources:
WHATSAPP.md §D. Flowengine calls the server over HTTP only; Evolution API itself is somebody else's
(Apache-2.0 with conditions): who runs it shows its notice.
"""

from connectors.evolution.connector import EvolutionConnector
from connectors.evolution.settings import EvolutionSettings

__all__ = ["EvolutionConnector", "EvolutionSettings"]
