"""Access tokens: JWTs, signed by a key that follows from the secret key, good for fifteen minutes.
And links to files, signed alike, good for as long as they say.

A token says who (`sub`), where (`tid`) and by which grant (`gid`); the role is looked up with each
request, as is the grant, so signing out, leaving and a new role act at once. `kid` names the key:
while keys are changed, those of FLOWENGINE_OLD_SECRET_KEYS still count.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt
from msgspec import Struct

LIFETIME = timedelta(minutes=15)
AUDIENCE = "flowengine-api"
FILES = "flowengine-file"
ISSUER = "flowengine"
ALGORITHM = "HS256"
CLAIMS = ["exp", "iat", "aud", "iss", "sub", "tid", "gid"]


class Claims(Struct, frozen=True):
    """What a token says; true, as it was signed by us and is not over."""

    user: UUID
    tenant: UUID
    grant: UUID


class Link(Struct, frozen=True):
    """What a link to a file says."""

    tenant: UUID
    asset: str


class Signer:
    """Signs with the first key, and reads what any of them signed. `keys`: 32 bytes each."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        derived = [hmac.digest(key, b"flowengine access tokens", "sha256") for key in keys]
        self._keys = {hashlib.sha256(key).hexdigest()[:8]: key for key in derived}
        self._newest = next(iter(self._keys))

    def sign(self, claims: Claims, now: datetime | None = None) -> str:
        """A token that is good from `now` on."""
        begins = now or datetime.now(UTC)
        return jwt.encode(
            {
                "iss": ISSUER,
                "aud": AUDIENCE,
                "iat": begins,
                "exp": begins + LIFETIME,
                "sub": str(claims.user),
                "tid": str(claims.tenant),
                "gid": str(claims.grant),
            },
            self._keys[self._newest],
            algorithm=ALGORITHM,
            headers={"kid": self._newest},
        )

    def sign_link(self, tenant: UUID, asset: str, until: datetime) -> str:
        """What lets whoever has it read one file until then."""
        return jwt.encode(
            {"iss": ISSUER, "aud": FILES, "exp": until, "tid": str(tenant), "sub": asset},
            self._keys[self._newest],
            algorithm=ALGORITHM,
            headers={"kid": self._newest},
        )

    def read_link(self, token: str) -> Link | None:
        """What a link to a file says; None where it is not ours, not such a link, or over."""
        try:
            key = self._keys[jwt.get_unverified_header(token)["kid"]]
            said = jwt.decode(
                token, key, algorithms=[ALGORITHM], audience=FILES, issuer=ISSUER,
                options={"require": ["exp", "aud", "iss", "sub", "tid"]},
            )  # fmt: skip
            return Link(UUID(said["tid"]), said["sub"])
        except (jwt.PyJWTError, KeyError, ValueError, TypeError):
            return None

    def read(self, token: str) -> Claims | None:
        """What it says; None where it is not ours, not for us, or over."""
        try:
            key = self._keys[jwt.get_unverified_header(token)["kid"]]
            said = jwt.decode(
                token, key, algorithms=[ALGORITHM], audience=AUDIENCE, issuer=ISSUER,
                options={"require": CLAIMS},
            )  # fmt: skip
            return Claims(UUID(said["sub"]), UUID(said["tid"]), UUID(said["gid"]))
        except (jwt.PyJWTError, KeyError, ValueError, TypeError):
            return None
