"""Xero's spellings: each row of the fact sheet's section 4 that a client must bear."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from worker.xero import wire_values as wire
from worker.xero.zones import iana


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("/Date(1770076800000+0000)/", date(2026, 2, 3)),
        ("/Date(1770076800000)/", date(2026, 2, 3)),
        ("/Date(1770076800000+1300)/", date(2026, 2, 3)),
        ("/Date(-86400000+0000)/", date(1969, 12, 31)),
        ("2026-02-03", date(2026, 2, 3)),
        ("2026-02-03T00:00:00", date(2026, 2, 3)),
        ("2026-02-03 00:00:00", date(2026, 2, 3)),
        ("2026-02-03T23:59:59.999Z", date(2026, 2, 3)),
        ("/Date(0+0000)/", None),
        ("/Date(-62135596800000+0000)/", None),
        ("/Date(99999999999999999)/", None),
        ("0001-01-01T00:00:00", None),
        ("", None),
        ("soon", None),
    ],
)
def test_a_calendar_date_is_read_without_moving_it(written: str, meant: date | None) -> None:
    assert wire.as_day(written) == meant


def test_the_naive_string_beside_a_date_is_preferred_and_a_bad_one_passed_over() -> None:
    milliseconds = "/Date(1770076800000+0000)/"

    assert wire.day({"Date": milliseconds, "DateString": "2026-02-04T00:00:00"}, "Date") == date(
        2026, 2, 4
    )
    assert wire.day({"Date": milliseconds, "DateString": "?"}, "Date") == date(2026, 2, 3)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("/Date(1439434356790)/", datetime(2015, 8, 13, 2, 52, 36, 790000, UTC)),
        ("/Date(1439434356790+1300)/", datetime(2015, 8, 13, 2, 52, 36, 790000, UTC)),
        ("2015-03-29T23:43:01.097", datetime(2015, 3, 29, 23, 43, 1, 97000, UTC)),
        ("2018-11-02 16:36:32+00:00", datetime(2018, 11, 2, 16, 36, 32, 0, UTC)),
        ("2018-11-02T16:36:32Z", datetime(2018, 11, 2, 16, 36, 32, 0, UTC)),
        ("/Date(0+0000)/", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("never", None),
    ],
)
def test_an_instant_is_utc_whatever_offset_is_written_behind_it(
    written: str, meant: datetime | None
) -> None:
    assert wire.as_instant(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1025.00", "1025.00"),
        (" 7 ", "7"),
        (7, "7"),
        (Decimal("0.7512345678"), "0.7512345678"),
        ("-3.5", "-3.5"),
        ("", None),
        ("12,5", None),
        ("NaN", None),
        ("Infinity", None),
        ("1e99", None),
        (True, None),
        (None, None),
        ([1], None),
    ],
)
def test_a_number_is_exact_or_none(written: Any, meant: str | None) -> None:
    assert wire.as_number(written) == (None if meant is None else Decimal(meant))


@pytest.mark.parametrize(
    ("written", "meant"),
    [(True, True), ("true", True), ("True", True), (False, False), ("false", False), (None, False)],
)
def test_a_boolean_may_come_as_text(written: Any, meant: bool) -> None:
    assert wire.truth({"IsReconciled": written}, "IsReconciled") is meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("B2C885A9-4BB9-4A00-9B6E-6C2BF60B1A2B", "b2c885a9-4bb9-4a00-9b6e-6c2bf60b1a2b"),
        ("{b2c885a94bb94a009b6e6c2bf60b1a2b}", "b2c885a9-4bb9-4a00-9b6e-6c2bf60b1a2b"),
        ("00000000-0000-0000-0000-000000000000", ""),
        ("INV-id 7", "INV-id 7"),
        ("", ""),
    ],
)
def test_an_id_has_one_spelling_and_zeros_are_none(written: str, meant: str) -> None:
    assert wire.as_guid(written) == meant


def test_words_lose_what_no_database_can_hold() -> None:
    assert wire.text({"Name": "A\x00B \ud800 Ž"}, "Name") == "AB ? Ž"
    assert wire.text({"Name": {"x": 1}}, "Name") == ""


@pytest.mark.parametrize(
    ("xero", "zone"),
    [
        ("NEWZEALANDSTANDARDTIME", "Pacific/Auckland"),
        ("GMTSTANDARDTIME", "Europe/London"),
        ("AUS Eastern Standard Time", "Australia/Sydney"),
        ("UTC", "UTC"),
        ("Europe/Berlin", "Europe/Berlin"),
        ("MARSSTANDARDTIME", "UTC"),
        ("../etc/passwd", "UTC"),
        ("", "UTC"),
    ],
)
def test_a_zone_becomes_its_iana_name_or_utc(xero: str, zone: str) -> None:
    assert iana(xero) == zone
