"""What drivers of servers hand over, and Python has no value for."""

from __future__ import annotations

from datetime import UTC, datetime
from math import inf

import pytest

from kpidsl.engines.base import EngineError, ValueType
from kpidsl.engines.servers.values import converted


def test_a_moment_outside_of_the_calendar_is_refused() -> None:
    never = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)  # Taipei is 8 hours ahead
    with pytest.raises(EngineError, match="9999-12-31 23:59:59") as refused:
        converted([(never,)], None, "Asia/Taipei")
    assert refused.value.kind == "value"


def test_a_whole_number_that_no_float_holds_is_infinite() -> None:
    assert converted([(10**400, -(10**400))], [ValueType.FLOAT] * 2, "UTC") == [(inf, -inf)]
