"""The `http` connector, over real HTTP, to a peer that answers what the test says."""

import gzip
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from connectors.fake_graph.server import Reply, Request
from connectors.http import MOST_BYTES, Http
from connectors.net import guarded_client
from flowengine.messages import Answered, CallHttp, Refused, Unclear, secret_marker
from tests.peers.plain import Answering, Peer

Start = Callable[[Answering], Awaitable[Peer]]
SECRETS = {"chave": "s3cr3t/&=?", "token": "tok-123456", "endereco": ""}


def call(url: str, method: str = "GET", **more: Any) -> CallHttp:
    return CallHttp(id="e1.3", node="busca", flow="agenda", method=method, url=url, **more)


def marker(name: str) -> str:
    return secret_marker("e1.3", name)


@pytest.fixture
async def asking(peer: Start) -> Callable[..., Awaitable[Any]]:
    """Starts a peer and calls it: `(outcome, peer)`."""

    async def ask(answering: Answering, path: str = "/", **more: Any) -> Any:
        target = await peer(answering)
        async with guarded_client({f"127.0.0.1:{target.port}"}) as client:
            outcome = await Http(client).perform(call(target.url + path, **more), SECRETS)
        return outcome, target

    return ask


Asking = Callable[..., Awaitable[tuple[Any, Peer]]]


async def test_a_json_answer(asking: Asking):
    outcome, target = await asking(
        lambda _: Reply(body='{"slots": ["09:00", "é"]}'.encode()),
        "/slots",
        query={"dia": "2026-03-02", "q": "a&b"},
        headers={"X-Loja": "Pet"},
    )
    assert outcome == Answered(200, {"slots": ["09:00", "é"]})
    asked: Request = target.asked[0]
    assert asked.method == "GET"
    assert asked.target == "/slots?dia=2026-03-02&q=a%26b"
    assert asked.headers["x-loja"] == "Pet"
    assert asked.headers["idempotency-key"] == "e1.3"
    assert asked.body == b""


async def test_a_body_is_json(asking: Asking):
    _, target = await asking(
        lambda _: Reply(),
        method="post",
        body={"nome": "Ana", "n": [1]},
        idempotency_key="pedido-7",
    )
    asked: Request = target.asked[0]
    assert (asked.method, json.loads(asked.body)) == ("POST", {"nome": "Ana", "n": [1]})
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["idempotency-key"] == "pedido-7"


@pytest.mark.parametrize("status", [201, 204, 304, 400, 404, 422, 429, 500, 503])
async def test_any_status_is_an_answer(asking: Asking, status: int):
    outcome, _ = await asking(lambda _: Reply(status, b""))
    assert outcome == Answered(status, None)


@pytest.mark.parametrize(
    ("body", "mime", "value"),
    [
        (b"12.50", "application/json", 12.5),
        (b"[1]", "text/plain", [1]),
        (b"ok", "text/plain", "ok"),
        (b"12", "text/plain", "12"),
        (b"{oops", "application/json", "{oops"),
        (b'{"a": "\\ud800 \\u0000b"}', "application/json", {"a": "\ufffd b"}),
        (b"ol\xe9", "text/plain; charset=latin-1", "ol\ufffd"),
        (b" ", "application/json", None),
    ],
)
async def test_bodies(asking: Asking, body: bytes, mime: str, value: Any):
    outcome, _ = await asking(lambda _: Reply(200, body, mime))
    assert outcome == Answered(200, value)


async def test_secrets_are_put_in_at_the_last_moment(asking: Asking):
    _, target = await asking(
        lambda _: Reply(),
        f"/v1/{marker('chave')}/x?k={marker('chave')}",
        method="POST",
        headers={"X-Key": f"Key {marker('token')}"},
        query={"t": marker("chave")},
        body={"auth": [{"k": marker("chave")}], "n": 1},
        auth="token",
        secrets=("chave", "token"),
    )
    asked: Request = target.asked[0]
    quoted = "s3cr3t%2F%26%3D%3F"
    assert asked.target.startswith(f"/v1/{quoted}/x?k={quoted}&t=s3cr3t")
    assert asked.headers["x-key"] == "Key tok-123456"
    assert asked.headers["authorization"] == "Bearer tok-123456"
    assert json.loads(asked.body) == {"auth": [{"k": "s3cr3t/&=?"}], "n": 1}


async def test_a_secret_may_be_the_whole_address(peer: Start):
    target = await peer(lambda _: Reply(body=b"1"))
    async with guarded_client({f"127.0.0.1:{target.port}"}) as client:
        made = call(f"{marker('endereco')}/b", secrets=("endereco",))
        secrets = {"endereco": f"{target.url}/hook/abcdef"}
        outcome = await Http(client).perform(made, secrets)
    assert outcome == Answered(200, 1)
    assert target.asked[0].target == "/hook/abcdef/b"


async def test_only_the_named_secrets_are_put_in(asking: Asking):
    """A customer who guesses a marker gets it back as it is."""
    foreign = secret_marker("e1.2", "token")
    _, target = await asking(
        lambda _: Reply(),
        method="POST",
        body={"a": marker("token"), "b": foreign},
        secrets=("chave",),
    )
    assert json.loads(target.asked[0].body) == {"a": marker("token"), "b": foreign}


async def test_a_secret_that_is_not_there(asking: Asking):
    outcome, target = await asking(lambda _: Reply(), auth="outro")
    assert outcome == Refused("invalid", True, detail="there is no secret 'outro'")
    assert target.asked == []


async def test_an_echo_brings_no_secret_back(asking: Asking):
    outcome, _ = await asking(
        lambda request: Reply(
            body=json.dumps({"got": request.headers["authorization"], "k": ["s3cr3t/&=?"]}).encode()
        ),
        auth="token",
    )
    assert outcome == Answered(200, {"got": "Bearer •••", "k": ["•••"]})


async def test_secrets_are_in_no_log_and_no_outcome(
    asking: Asking, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    shown: list[str] = []
    for reply in (Reply(body=b"{}"), Reply(cut=True), Reply(302, headers={"location": "ftp://x"})):
        outcome, _ = await asking(
            lambda _, reply=reply: reply,
            f"/{marker('token')}",
            headers={"X-Key": marker("token")},
            query={"t": marker("token")},
            secrets=("token",),
        )
        shown.append(repr(outcome))
    assert "tok-123456" not in "".join(shown) + caplog.text


# Redirects


async def test_redirects_are_followed(asking: Asking):
    hops = {"/": "/a", "/a": "/b?x=1", "/b?x=1": "c"}
    outcome, target = await asking(
        lambda request: (
            Reply(302, headers={"location": hops[request.target]})
            if request.target in hops
            else Reply(body=b'"there"')
        ),
        headers={"X-Key": "1"},
    )
    assert outcome == Answered(200, "there")
    assert [request.target for request in target.asked] == ["/", "/a", "/b?x=1", "/c"]
    assert all(request.headers["x-key"] == "1" for request in target.asked)


async def test_three_redirects_and_no_more(asking: Asking):
    outcome, target = await asking(lambda _: Reply(302, headers={"location": "/"}))
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.permanent, len(target.asked)) == ("invalid", True, 4)


@pytest.mark.parametrize(
    ("status", "method", "body"), [(302, "GET", b""), (303, "GET", b""), (307, "POST", b'{"a":1}')]
)
async def test_what_a_redirected_post_becomes(
    asking: Asking, status: int, method: str, body: bytes
):
    _, target = await asking(
        lambda request: (
            Reply(status, headers={"location": "/there"}) if request.target == "/" else Reply()
        ),
        method="POST",
        body={"a": 1},
    )
    assert (target.asked[1].method, target.asked[1].body) == (method, body)
    assert target.asked[1].headers["idempotency-key"] == "e1.3"


@pytest.mark.parametrize(
    "location",
    ["http://169.254.169.254/latest/meta-data", "http://localhost:{port}/", "http://[::1]/"],
)
async def test_a_redirect_to_a_private_address_is_refused(asking: Asking, location: str):
    outcome, target = await asking(
        lambda request: Reply(
            302, headers={"location": location.format(port=request.headers["host"].split(":")[1])}
        )
    )
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.permanent) == ("private_address", True)
    assert len(target.asked) == 1


async def test_no_secret_follows_a_redirect_elsewhere(peer: Start):
    other = await peer(lambda _: Reply(body=b'"taken"'))
    first = await peer(lambda _: Reply(302, headers={"location": f"{other.url}/there"}))
    allowed = {f"127.0.0.1:{target.port}" for target in (first, other)}
    async with guarded_client(allowed) as client:
        made = call(first.url, headers={"X-Key": "k"}, auth="token")
        assert await Http(client).perform(made, SECRETS) == Answered(200, "taken")
    headers = other.asked[0].headers
    assert "authorization" not in headers
    assert "x-key" not in headers


async def test_a_body_with_secrets_does_not_go_elsewhere(peer: Start):
    other = await peer(lambda _: Reply())
    first = await peer(lambda _: Reply(307, headers={"location": other.url}))
    allowed = {f"127.0.0.1:{target.port}" for target in (first, other)}
    async with guarded_client(allowed) as client:
        made = call(first.url, "POST", body={"k": marker("token")}, secrets=("token",))
        outcome = await Http(client).perform(made, SECRETS)
    assert isinstance(outcome, Refused)
    assert other.asked == []


# What can go wrong


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:127.0.0.1]/",
        "http://2130706433/",
        "http://0x7f.1/",
        "https://localhost/",
    ],
)
async def test_a_private_address_is_refused(url: str):
    async with guarded_client() as client:
        outcome = await Http(client).perform(call(url), {})
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.permanent) == ("private_address", True)


@pytest.mark.parametrize(
    ("url", "more"),
    [
        ("", {}),
        ("example.com", {}),
        ("ftp://example.com/", {}),
        ("http://", {}),
        ("http://0177.0.0.1/", {}),
        ("http://example.com:port/", {}),
        ("http://93.184.216.34/", {"body": {"a": "\ud800"}}),
    ],
)
async def test_a_call_that_cannot_be_made(url: str, more: dict[str, Any]):
    async with guarded_client() as client:
        outcome = await Http(client).perform(call(url, **more), {})
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.permanent) == ("invalid", True)


async def test_a_header_cannot_smuggle_another(asking: Asking):
    outcome, target = await asking(lambda _: Reply(), headers={"X-Nome": "Ana\r\nX-Admin: 1"})
    assert isinstance(outcome, Refused)
    assert outcome.reason == "invalid"
    assert target.asked == []


async def test_a_header_may_have_accents(asking: Asking):
    _, target = await asking(lambda _: Reply(), headers={"X-Nome": "João"})
    assert target.asked[0].headers["x-nome"].encode("latin-1").decode() == "João"
    outcome, _ = await asking(lambda _: Reply(), headers={"X-Não": "1"})
    assert isinstance(outcome, Refused)
    assert outcome.reason == "invalid"


async def test_connection_headers_are_not_the_authors(asking: Asking):
    _, target = await asking(
        lambda _: Reply(), headers={"Host": "evil", "Content-Length": "9", "Connection": "close"}
    )
    assert target.asked[0].headers["host"] == f"127.0.0.1:{target.port}"


async def test_an_answer_that_is_too_large(asking: Asking):
    outcome, _ = await asking(lambda _: Reply(body=b"x" * (MOST_BYTES + 1)))
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.permanent) == ("too_large", True)


async def test_a_packed_answer(asking: Asking):
    packed = {"content-encoding": "gzip"}
    outcome, _ = await asking(lambda _: Reply(body=gzip.compress(b'{"a": 1}'), headers=packed))
    assert outcome == Answered(200, {"a": 1})
    bomb = gzip.compress(b"0" * (MOST_BYTES * 50))
    assert len(bomb) < MOST_BYTES
    outcome, _ = await asking(lambda _: Reply(body=bomb, headers=packed))
    assert isinstance(outcome, Refused)
    assert outcome.reason == "too_large"
    outcome, _ = await asking(lambda _: Reply(body=b"x", headers={"content-encoding": "br"}))
    assert isinstance(outcome, Refused)
    assert outcome.reason == "malformed"


async def test_a_cut_connection_is_unclear(asking: Asking):
    outcome, target = await asking(lambda _: Reply(cut=True), method="POST", body={})
    assert isinstance(outcome, Unclear)
    assert len(target.asked) == 1


async def test_a_slow_answer_is_unclear(asking: Asking):
    outcome, _ = await asking(lambda _: Reply(after=30), timeout=1.0)
    assert isinstance(outcome, Unclear)


async def test_nobody_listens():
    async with guarded_client({"127.0.0.1:1"}) as client:
        outcome = await Http(client).perform(call("http://127.0.0.1:1/"), {})
    assert outcome == Refused("transient", False, code="ConnectError")
