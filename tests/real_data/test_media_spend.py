"""Simulated weekly media spend of five channels, one column each: unpivoted, never joined.

The total ROAS is the one stated with the data set; spend and CPM per channel are added up here
from the file, line by line.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

import kpidsl

pytestmark = pytest.mark.real_data

CHANNELS = [f"Channel{number}" for number in range(5)]
DEFINITIONS = """
source weeks {{
  files: "{path}"
  key: time
  time: time
  measure revenue: sum(conversions * revenue_per_conversion) as USD
}}
source media {{
  files: "{path}"
  unpivot channel {{
    into: [spend, impressions]
{members}
  }}
  key: [time, channel]
  time: time
  dimension channel: channel
  measure spend: sum(spend) as USD
  measure impressions: sum(impressions) as impression
}}
dimension channel "Channel" {{ of: [media.channel] }}
metric roas: revenue / spend
metric cpm: 1000 * spend / impressions
"""


@pytest.fixture
def media(project_of: Callable[..., kpidsl.Project], shared_data: Path) -> kpidsl.Project:
    path = shared_data / "meridian" / "national_all_channels.csv"
    members = "\n".join(f'    "{name}": [{name}_spend, {name}_impression]' for name in CHANNELS)
    return project_of(DEFINITIONS.format(path=path.as_posix(), members=members))


@pytest.fixture
def rows(shared_data: Path) -> list[dict[str, str]]:
    path = shared_data / "meridian" / "national_all_channels.csv"
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_total_roas(media: kpidsl.Project) -> None:
    assert media.query("roas").values("roas")[0] == pytest.approx(6.00803, abs=5e-6)


def test_spend_and_cpm_by_channel(media: kpidsl.Project, rows: list[dict[str, str]]) -> None:
    spend: dict[str, float] = defaultdict(float)
    impressions: dict[str, float] = defaultdict(float)
    for row in rows:
        for name in CHANNELS:
            spend[name] += float(row[f"{name}_spend"])
            impressions[name] += float(row[f"{name}_impression"])
    result = media.query("spend", "cpm", by=["channel"])
    assert result.values("channel") == CHANNELS
    for record in result.records():
        name = record["channel"]
        assert float(record["spend"]) == pytest.approx(spend[name], rel=1e-9)
        assert record["cpm"] == pytest.approx(1000 * spend[name] / impressions[name], rel=1e-9)


def test_roas_by_channel_is_refused(media: kpidsl.Project) -> None:
    """Conversions aren't recorded by channel (S9): the mend is to record it."""
    with pytest.raises(kpidsl.KpidslError) as refused:
        media.query("roas", by=["channel"])
    (diagnostic,) = refused.value.diagnostics
    assert diagnostic.code == "K451"
    assert "`revenue`" in diagnostic.message
    assert "`channel`" in diagnostic.message
    assert "record `channel` in `weeks`" in diagnostic.help
