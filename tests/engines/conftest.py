"""What tests of engines share."""

from __future__ import annotations

import pytest

from kpidsl.engines.attended import Stoppable


@pytest.fixture
def stopped_by_us(monkeypatch: pytest.MonkeyPatch) -> list[Stoppable]:
    """What kpidsl stops by itself, once a server had a minute more to do so."""
    stopped: list[Stoppable] = []
    stop = Stoppable.stop

    def noted(self: Stoppable) -> None:
        stopped.append(self)
        stop(self)

    monkeypatch.setattr("kpidsl.engines.server._GRACE", 60)
    monkeypatch.setattr(Stoppable, "stop", noted)
    return stopped
