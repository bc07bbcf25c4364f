"""Meta's error codes in our words."""

import json
from typing import Any

import pytest

from connectors.base import REASONS
from connectors.whatsapp_cloud.errors import TABLE, read_error, read_status_error, refused
from flowengine.messages import Refused, Unclear

# WHATSAPP.md §A.9, said a second time: code, reason, permanent, scope.
EXPECTED = [
    (130429, "rate_limited", False, "channel"),
    (4, "rate_limited", False, "channel"),
    (80007, "rate_limited", False, "channel"),
    (131056, "rate_limited", False, "contact"),
    (131048, "spam_limit", False, "channel"),
    (131000, "transient", False, "message"),
    (131016, "transient", False, "message"),
    (131053, "media", False, "message"),
    (131047, "window_closed", True, "message"),
    (131026, "unreachable", True, "message"),
    (131030, "unreachable", True, "message"),
    (131062, "unreachable", True, "message"),
    (131049, "policy", True, "message"),
    (131050, "opted_out", True, "message"),
    (131031, "account", False, "channel"),
    (368, "account", False, "channel"),
    (132000, "template", True, "message"),
    (132001, "template", True, "message"),
    (132015, "template", True, "message"),
    (100, "invalid", True, "message"),
    (131009, "invalid", True, "message"),
    (190, "auth", False, "channel"),
    (200, "auth", False, "channel"),
    (299, "auth", False, "channel"),
    (131005, "auth", False, "channel"),
    (131042, "billing", False, "channel"),
    (133016, "rate_limited", False, "channel"),
    *((code, "transient", False, "message") for code in (1, 2, 133004)),
    (131057, "transient", False, "channel"),
    (131052, "media", False, "message"),
    *((code, "unreachable", True, "message") for code in (131021, 137000)),
    (130472, "policy", True, "message"),
    (130497, "account", True, "message"),
    *(
        (code, "template", True, "message")
        for code in (132005, 132007, 132008, 132012, 132016, 132068, 132069, 131063, 131064)
    ),
    *(
        (code, "invalid", True, "message")
        for code in (33, 131008, 131037, 131045, 131051, 133010, 135000)
    ),
    *((code, "auth", False, "channel") for code in (0, 3, 10)),
]


def test_every_code_of_the_table_is_said_twice():
    said = {code for code, *_ in EXPECTED}
    assert {code for trouble in TABLE for code in trouble.codes} - said <= set(range(200, 300))


def graph(code: int, **more: Any) -> bytes:
    error = {"message": f"(#{code}) no", "type": "OAuthException", "code": code, **more}
    return json.dumps({"error": error}).encode()


@pytest.mark.parametrize(("code", "reason", "permanent", "scope"), EXPECTED)
@pytest.mark.parametrize("status", [400, 401, 500])
def test_the_code_decides_whatever_the_status(
    code: int, reason: str, permanent: bool, scope: str, status: int
):
    outcome = read_error(status, graph(code))
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.permanent, outcome.scope) == (reason, permanent, scope)
    assert outcome.code == str(code)


def test_reasons_are_our_words_and_no_code_has_two():
    codes = [code for trouble in TABLE for code in trouble.codes]
    assert len(codes) == len(set(codes))
    assert {trouble.reason for trouble in TABLE} <= REASONS.keys()
    assert all(t.wait is None for t in TABLE if t.permanent)


def test_details_are_kept_with_the_trace():
    body = graph(100, error_data={"details": "Invalid parameter"}, fbtrace_id="AbC")
    outcome = read_error(400, body)
    assert isinstance(outcome, Refused)
    assert outcome.detail == "Invalid parameter [AbC]"


def test_the_pair_limit_waits_ever_longer():
    waits = [refused(131056, "", attempt) for attempt in (1, 2, 3, 4, 50)]
    assert [w and w.retry_after for w in waits] == [1, 4, 16, 64, 4096]


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (500, b"<html>", Unclear("http_500")),
        (502, b"", Unclear("http_502")),
        (503, b'{"error": "busy"}', Unclear("http_503")),
        (429, b"slow down", Refused("rate_limited", False, 7, "http_429", scope="channel")),
        (401, b"", Refused("transient", False, 7, "http_401", scope="channel")),
        (404, b"<html>", Refused("transient", False, 7, "http_404", scope="channel")),
    ],
)
def test_an_answer_that_is_not_graphs(status: int, body: bytes, expected: Refused | Unclear):
    """Something in between answered: it never says that our token is bad."""
    assert read_error(status, body, retry_after="7") == expected


@pytest.mark.parametrize(
    ("status", "more", "reason", "permanent"),
    [
        (400, {}, "invalid", True),
        (400, {"is_transient": True}, "transient", False),
        (500, {}, "transient", False),
        (401, {}, "auth", False),
        (429, {}, "rate_limited", False),
    ],
)
def test_a_code_of_tomorrow(status: int, more: dict[str, Any], reason: str, permanent: bool):
    outcome = read_error(status, graph(999999, **more))
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.permanent) == (reason, permanent)


@pytest.mark.parametrize("error", [{}, {"code": "?"}, {"code": None, "message": 3}])
def test_a_damaged_error_in_a_webhook_is_still_a_refusal(error: dict[str, Any]):
    assert read_status_error(error).reason == "invalid"
