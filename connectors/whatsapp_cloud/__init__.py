"""WhatsApp through Meta's Cloud API: the recommended connector.

`connector` is the whole; `parse` reads webhooks, `payloads` writes sends, `errors` is Meta's error
codes in our words, `client` speaks HTTP. Facts and their sources: WHATSAPP.md §A.
"""

from connectors.whatsapp_cloud.connector import CloudConnector
from connectors.whatsapp_cloud.settings import CloudSettings

__all__ = ["CloudConnector", "CloudSettings"]
