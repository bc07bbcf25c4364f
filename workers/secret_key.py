"""The key that encrypts what is secret: given in the settings, or made once and kept."""

import base64
import contextlib
import os
import secrets
from pathlib import Path

from workers.settings import PREFIX, Settings, SettingsError

LENGTH = 32
FILE = "secret.key"
_FROM_URLS = str.maketrans("-_", "+/")


def secret_key(settings: Settings) -> bytes:
    """32 bytes. Embedded: made at the first start and kept in the data folder, mode 0600.

    `SettingsError` where a key is wrong, or missing beside a database that others share: a key
    made up on each machine would make the others' secrets unreadable.
    """
    if settings.secret_key is not None:
        return _decoded(settings.secret_key.get_secret_value(), PREFIX + "SECRET_KEY")
    path = settings.data / FILE
    if not path.exists():
        if not settings.embedded:
            raise SettingsError(
                f"{PREFIX}SECRET_KEY falta: com {PREFIX}DATABASE_URL, use a mesma chave em todos "
                "os processos (32 bytes em base64; por exemplo, a saída de: openssl rand -base64 "
                "32)."
            )
        _make(path)
    return _decoded(path.read_text(encoding="ascii"), str(path))


def secret_keys(settings: Settings) -> list[bytes]:
    """The secret key, then those before it: what they sealed or signed still counts."""
    older = [
        _decoded(each.get_secret_value(), PREFIX + "OLD_SECRET_KEYS")
        for each in settings.old_secret_keys
    ]
    return [secret_key(settings), *older]


def _decoded(text: str, where: str) -> bytes:
    try:
        key = base64.b64decode(text.strip().translate(_FROM_URLS), validate=True)
    except ValueError:
        key = b""
    if len(key) != LENGTH:
        raise SettingsError(
            f"{where} não serve: use {LENGTH} bytes em base64 (por exemplo, a saída de: "
            "openssl rand -base64 32)."
        )
    return key


def _make(path: Path) -> None:
    """Written whole or not at all; two first starts at once agree on the first one's key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(base64.b64encode(secrets.token_bytes(LENGTH)).decode() + "\n")
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
