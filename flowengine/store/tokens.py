"""Random tokens: told once to whoever they are for, kept as their SHA-256."""

import hashlib
import os
from base64 import urlsafe_b64encode

from flowengine.store.transaction import Transaction


def new_token(prefix: str = "") -> str:
    """32 random bytes, as text that fits an address."""
    return prefix + urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")


def token_hash(token: str) -> bytes:
    """What is stored of a token. No salt: a token has more randomness than any salt."""
    return hashlib.sha256(token.encode(errors="replace")).digest()


async def show_key(transaction: Transaction, key: bytes) -> None:
    """From here on the transaction sees the row of this key: a session, a link, an API key."""
    await transaction.run("SELECT set_config('app.key', $1, true)", key.hex())
