"""A little of `make fuzz` on every run, and nothing timed: nothing raises what it may not."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS, Target


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
@settings(
    max_examples=max(settings().max_examples // 4, 1),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_nothing_unexpected_is_raised(target: Target, data: st.DataObject):
    value: Any = data.draw(target.inputs)
    target.run(value)
