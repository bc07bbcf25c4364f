"""WhatsApp as a linked device, through Baileys: unofficial, with the risk of a ban.

`service/` is the Node program that speaks WhatsApp Web's protocol; here is what talks to it.
`connector` is the whole; `client` signs and posts, `session` pairs and ends the connection, `parse`
reads what the service tells, `payloads` writes sends, `errors` is its trouble in our words. Facts
and sources: WHATSAPP.md §E.
"""

from connectors.baileys.connector import BaileysConnector
from connectors.baileys.settings import BaileysSettings

__all__ = ["BaileysConnector", "BaileysSettings"]
