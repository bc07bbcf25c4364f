"""Sealing what must not be read in a dump: channels' tokens, secrets.

AES-256-GCM. A sealed value is `1`, four bytes that name the key, a nonce of twelve, then the
ciphertext with its tag. It is bound to its place (`about`): moved into another row, it does not
open. The keys never come near the database.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from flowengine.store.errors import Unsealed

_FORMAT = b"1"
_NAME = 4
_NONCE = 12


class Vault:
    """Seals with the first key and opens with any, so that a new key is put before the old ones.

    A key is 32 bytes, or their base64 as `new_key` gives. Raises ValueError for any other.
    """

    def __init__(self, keys: Sequence[str | bytes]) -> None:
        if not keys:
            raise ValueError("the vault needs at least one key")
        raw = [_key(key) for key in keys]
        self._newest = _name(raw[0])
        self._ciphers = {_name(key): AESGCM(key) for key in reversed(raw)}

    @property
    def name(self) -> str:
        """What the newest key is called in all that it sealed: it gives nothing of the key away."""
        return self._newest.hex()

    def seal(self, plain: bytes, about: str) -> bytes:
        """Seal `plain` for one place, such as "secret/TENANT/KEY"."""
        nonce = os.urandom(_NONCE)
        secret = self._ciphers[self._newest].encrypt(nonce, plain, about.encode())
        return _FORMAT + self._newest + nonce + secret

    def open(self, sealed: bytes, about: str) -> bytes:
        """What was sealed for this place. Raises `Unsealed`."""
        name, nonce = sealed[1 : 1 + _NAME], sealed[1 + _NAME : 1 + _NAME + _NONCE]
        cipher = self._ciphers.get(name)
        if sealed[:1] != _FORMAT or cipher is None:
            raise Unsealed("it was sealed with a key that is not among ours")
        try:
            return cipher.decrypt(nonce, sealed[1 + _NAME + _NONCE :], about.encode())
        except (InvalidTag, ValueError):
            raise Unsealed("it was altered, or belongs to another place") from None

    def is_stale(self, sealed: bytes) -> bool:
        """Whether it was sealed with an older key than the first."""
        return sealed[1 : 1 + _NAME] != self._newest


def new_key() -> str:
    """A new random key, in base64."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def _key(key: str | bytes) -> bytes:
    try:
        raw = key if isinstance(key, bytes) else base64.b64decode(key, altchars=b"-_")
    except binascii.Error:
        raw = b""
    if len(raw) != 32:
        raise ValueError("a key of the vault is 32 bytes, or their base64")
    return raw


def _name(key: bytes) -> bytes:
    return hashlib.sha256(b"name of a vault key" + key).digest()[:_NAME]
