"""Settings that can't be read are no others: without them nothing is answered, since what a day
or a year is tells every number (S20)."""

from __future__ import annotations

import pytest

from tests.kinds.checking import checked, codes

SOURCE = """
source orders {
  table: orders
  key: id
  time: day
  measure revenue: sum(amount) as USD
}
"""
SOUND = 'project shop { currency: USD, timezone: "Asia/Taipei" }'
CALENDAR = "project shop { currency: USD, calendar: retail }\ncalendar retail { %s }"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('project shop { currency: USD, timezone: "Asia/Taipeh" }', "K211"),
        ("project shop { currency: USD, week_starts: sometime }", "K205"),
        ("project shop { currency: dollars }", "K312"),
        ("project shop { currency: USD, calendar: retail }", "K211"),
        (CALENDAR % "pattern: retail_999, ends: nearest(january), named_by: start", "K205"),
        # The calendar's words are right, and what it is listed in is not.
        (
            CALENDAR % "listed_in: weeks, month: month, quarter: quarter, year: year"
            + '\nsource weeks { table: weeks, time: day { stored_as: "Mars" } }',
            "K211",
        ),
        (f'{SOUND}\nproject second {{ currency: USD, timezone: "UTC" }}', "K210"),
        ('projekt shop { timezone: "Asia/Taipei" }', "K201"),
        ("project shop { currency: USD, timezone: ??? }", "K110"),
        ('project shop { currency: USD, timezone: "Asia/Taipei" "Europe/Berlin" }', "K101"),
        ('project shop {\n  currency: USD\n  timezone "Asia/Taipei"\n}', "K119"),
        # What can't be read may be the project.
        ("??? shop { currency: USD }", "K110"),
    ],
)
def test_without_its_settings_a_project_answers_nothing(text: str, code: str) -> None:
    model, found = checked(f"kpidsl 1\n{text}\n{SOURCE}")
    assert code in codes(found)
    assert model is None


@pytest.mark.parametrize(
    "text",
    [
        SOUND,
        f"{SOUND}\nmetric wrong: nothing",
        f"{SOUND}\nsource ??? {{}}",
        # What the parser can mend it has read as it is meant.
        SOUND.replace(" }", ""),
        SOUND.replace("timezone:", "timezone ="),
        # Nobody has to say anything.
        "",
        "metric wrong: nothing",
    ],
)
def test_mistakes_elsewhere_leave_the_rest_to_be_asked(text: str) -> None:
    model, _ = checked(f"kpidsl 1\n{text}\n{SOURCE}")
    assert model is not None
    assert "orders" in model.sources
    assert model.settings.timezone == ("Asia/Taipei" if SOUND[:20] in text else "UTC")
