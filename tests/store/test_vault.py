"""What is sealed opens with its key, in its place, and nowhere else."""

import pytest

from flowengine.store import channels, model_profiles, secrets, subscriptions
from flowengine.store.database import Database
from flowengine.store.errors import Unsealed
from flowengine.store.resealing import reseal
from flowengine.store.vault import Vault, new_key
from tests.store.conftest import Place


def test_it_opens_what_it_sealed_and_says_nothing_of_it(vault: Vault) -> None:
    sealed = vault.seal("é segredo".encode(), "secret/1/token")

    assert vault.open(sealed, "secret/1/token").decode() == "é segredo"
    assert b"segredo" not in sealed
    assert vault.seal(b"x", "a") != vault.seal(b"x", "a")


@pytest.mark.parametrize("place", [0, 3, 8, 20, -1])
def test_altered_bytes_do_not_open(vault: Vault, place: int) -> None:
    sealed = bytearray(vault.seal(b"value", "here"))
    sealed[place] ^= 1

    with pytest.raises(Unsealed):
        vault.open(bytes(sealed), "here")


def test_moved_to_another_place_it_does_not_open(vault: Vault) -> None:
    with pytest.raises(Unsealed):
        vault.open(vault.seal(b"value", "here"), "there")


@pytest.mark.parametrize("rest", [b"", b"1", b"1abcd", b"2" + bytes(40)])
def test_what_is_no_sealed_value_does_not_open(vault: Vault, rest: bytes) -> None:
    with pytest.raises(Unsealed):
        vault.open(rest, "here")


@pytest.mark.parametrize("key", ["", "short", b"short", "x" * 44])
def test_a_key_is_32_bytes(key: str | bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Vault([key])


def test_there_is_at_least_one_key() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Vault([])


async def test_a_new_key_takes_over(store: Database, bia: Place) -> None:
    old, new = new_key(), new_key()
    async with store.web(bia.tenant) as transaction:
        await secrets.put_secret(transaction, Vault([old]), "token", "abc")
        await model_profiles.put_model_profile(transaction, Vault([old]), "gpt", b"{}")
        channel = await channels.add_channel(
            transaction, Vault([old]), "cloud", "Loja", "123", b'{"token": "t"}'
        )
        told = await subscriptions.subscribe(
            transaction, Vault([old]), "https://crm.example", ["*"], "hush"
        )
    async with store.worker(bia.tenant) as transaction:
        assert await reseal(transaction, Vault([new, old])) == 4
        assert await reseal(transaction, Vault([new, old])) == 0
        assert await secrets.reveal(transaction, Vault([new]), ["token", "other"]) == {
            "token": "abc"
        }
        settings = await channels.channel_settings(transaction, Vault([new]), channel.id)
        assert settings == b'{"token": "t"}'
        _url, secret = await subscriptions.reveal_subscription(transaction, Vault([new]), told.id)
        assert secret == "hush"
        assert await model_profiles.model_settings(transaction, Vault([new]), "gpt") == b"{}"
        with pytest.raises(Unsealed):
            await secrets.reveal(transaction, Vault([old]), ["token"])
