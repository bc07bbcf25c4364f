"""Whether Meta itself called: known signatures, forged ones, and the GET handshake."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.whatsapp_cloud.signature import HEADER, challenge, sign, verify

SECRET = "app-secret-1"
EMPTY = b'{"object":"whatsapp_business_account","entry":[]}'
ESCAPED = (
    b'{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"value":{"messages":'
    b'[{"text":{"body":"ol\\u00e1 \\ud83d\\ude00"}}]},"field":"messages"}]}]}'
)
VECTORS = [
    (EMPTY, 49, "0ca28c0f1996234eb6829e59ad3c11a18161f6eb043943d601e420c312432cdf"),
    (ESCAPED, 157, "4520e3947f6ca5fcea006e1a21ef1bb62b26fd2b52d9fae8b85a083473fb640e"),
]


@pytest.mark.parametrize(("body", "length", "digest"), VECTORS)
def test_known_signatures(body: bytes, length: int, digest: str):
    assert len(body) == length
    assert sign(body, SECRET) == f"sha256={digest}"
    assert verify({HEADER: f"sha256={digest}"}, body, SECRET)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "sha256=",
        "sha256=" + "0" * 64,
        sign(EMPTY, SECRET)[:-1],
        sign(EMPTY, SECRET) + "0",
        sign(EMPTY, SECRET).removeprefix("sha256="),
        sign(EMPTY, SECRET).upper(),
        sign(EMPTY, "app-secret-2"),
        sign(EMPTY + b" ", SECRET),
        "sha256=" + "é" * 64,
        "sha1=" + "0" * 66,
    ],
)
def test_a_forged_signature_is_refused(header: str):
    assert not verify({HEADER: header}, EMPTY, SECRET)


def test_no_signature_is_refused():
    assert not verify({}, EMPTY, SECRET)


@given(st.text(max_size=80))
def test_no_header_makes_it_raise(header: str):
    assert not verify({HEADER: header}, EMPTY, SECRET)


def test_the_handshake_gives_the_bare_challenge():
    query = {"hub.mode": "subscribe", "hub.verify_token": "segredo", "hub.challenge": "1158201444"}
    assert challenge(query, "segredo") == "1158201444"


@pytest.mark.parametrize(
    "change",
    [{"hub.verify_token": "outro"}, {"hub.mode": "unsubscribe"}, {"hub.verify_token": "\ud800"}],
)
def test_a_wrong_handshake_is_refused(change: dict[str, str]):
    query = {"hub.mode": "subscribe", "hub.verify_token": "segredo", "hub.challenge": "1"}
    assert challenge({**query, **change}, "segredo") is None
    assert challenge({}, "segredo") is None
