"""Ids that follow from what they name: the engine has no dice, and the same row gives the same."""

import hashlib


def derived_uuid(seed: str) -> str:
    """A UUID as it is written, from a BLAKE2b of `seed`. Cost: 1 µs."""
    digest = hashlib.blake2b(seed.encode(), digest_size=16).hexdigest()
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:]))
