"""What every connector needs of the network: clients, guarded addresses, JSON as it comes."""

from connectors.net.addresses import AddressRule, is_public, parse_base_url, parse_service_url
from connectors.net.client import (
    NETWORK_TROUBLE,
    ProviderClient,
    guarded_client,
    open_client,
    unsent_or_unclear,
)
from connectors.net.guarded import GuardedClient, GuardedTransport, PrivateAddress
from connectors.net.postman import Manner, Postman
from connectors.net.reading import clean, read_json, write_raw
from connectors.net.trust import trusted

__all__ = [
    "NETWORK_TROUBLE",
    "AddressRule",
    "GuardedClient",
    "GuardedTransport",
    "Manner",
    "Postman",
    "PrivateAddress",
    "ProviderClient",
    "clean",
    "guarded_client",
    "is_public",
    "open_client",
    "parse_base_url",
    "parse_service_url",
    "read_json",
    "trusted",
    "unsent_or_unclear",
    "write_raw",
]
