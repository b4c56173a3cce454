"""MDT boards meet by rules: days, holidays, clocks that change (RFC 5545)."""

from datetime import date, datetime, time

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.boards.recurrence import (
    check_holidays,
    check_time_zone,
    holiday_name,
    meeting_days,
    read_rule,
    starts_and_ends,
)
from apps.core.exceptions import InvalidInput

YEAR = date(2027, 1, 1), date(2027, 12, 31)


def days(rule: str, first_on: date = date(2026, 12, 1), **more: object) -> list[date]:
    since, until = more.pop("since", YEAR[0]), more.pop("until", YEAR[1])
    return list(meeting_days(rule=rule, first_on=first_on, since=since, until=until, **more))


@pytest.mark.parametrize(
    ("rule", "first", "count"),
    [
        ("FREQ=WEEKLY;BYDAY=TU", date(2027, 1, 5), 52),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", date(2027, 1, 12), 26),
        ("FREQ=WEEKLY;BYDAY=TU,TH", date(2027, 1, 5), 104),
        ("FREQ=MONTHLY;BYDAY=1TU", date(2027, 1, 5), 12),
        ("FREQ=MONTHLY;BYDAY=-1FR", date(2027, 1, 29), 12),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", date(2027, 1, 29), 12),
        ("FREQ=MONTHLY;BYMONTHDAY=15", date(2027, 1, 15), 12),
    ],
)
def test_a_board_meets_weekly_or_monthly(rule: str, first: date, count: int) -> None:
    found = days(read_rule(rule))
    assert (found[0], len(found)) == (first, count)


def test_a_rule_has_one_spelling() -> None:
    assert read_rule(" rrule:freq=weekly;byday=tu ") == "FREQ=WEEKLY;BYDAY=TU"


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("", "rule_invalid"),
        ("weekly", "rule_invalid"),
        ("FREQ=WEEKLY;FREQ=WEEKLY", "rule_invalid"),
        ("FREQ=WEEKLY;BYDAY=XX", "rule_invalid"),
        ("FREQ=WEEKLY;BYDAY=TU\nRRULE:FREQ=DAILY", "rule_unsupported"),
        ("FREQ=WEEKLY;WKST=9", "rule_invalid"),
        ("FREQ=SECONDLY", "rule_unsupported"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "rule_unsupported"),
        ("FREQ=MONTHLY;BYMONTHDAY=31", "rule_unsupported"),
        ("FREQ=MONTHLY;BYDAY=5MO", "rule_unsupported"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=5", "rule_unsupported"),
        ("FREQ=WEEKLY;BYHOUR=3", "rule_unsupported"),
        ("FREQ=WEEKLY;INTERVAL=0", "rule_unsupported"),
        ("FREQ=WEEKLY;INTERVAL=99999999999999999999", "rule_unsupported"),
        ("FREQ=WEEKLY;COUNT=1000000", "rule_unsupported"),
        ("FREQ=WEEKLY;COUNT=3;UNTIL=20270301", "rule_unsupported"),
        ("FREQ=WEEKLY;UNTIL=20270301T120000Z", "rule_unsupported"),
        ("FREQ=WEEKLY;INTERVAL=\u0662", "rule_unsupported"),
    ],
)
def test_a_rule_that_no_board_needs_is_refused(rule: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_rule(rule)
    assert refused.value.error_code == code


@settings(max_examples=200, deadline=2_000)
@given(st.text(alphabet="FREQ=WEKLYMONTHDAIS;BY,0123456789-+INTERVALCOUNTUNTILTUWE\n", max_size=80))
def test_whatever_is_typed_is_a_rule_or_a_clear_refusal(text: str) -> None:
    try:
        rule = read_rule(text)
    except InvalidInput as refused:
        assert refused.error_code in {"rule_invalid", "rule_unsupported"}
    else:
        assert len(days(rule)) <= 366


def test_days_left_out_and_holidays_count_but_nobody_meets() -> None:
    rule = "FREQ=WEEKLY;BYDAY=FR;COUNT=5"
    assert days(rule, date(2027, 3, 12), holidays="DE", left_out=[date(2027, 3, 19)]) == [
        date(2027, 3, 12), date(2027, 4, 2), date(2027, 4, 9),
    ]  # fmt: skip
    assert holiday_name("DE", date(2027, 3, 26)) is not None, "Good Friday"


def test_a_part_of_a_country_has_its_own_holidays() -> None:
    epiphany = date(2027, 1, 6)
    assert holiday_name(check_holidays("de-by"), epiphany) is not None
    assert holiday_name(check_holidays("DE-BE"), epiphany) is None
    for unknown in ("XX", "DE-XX", "../etc"):
        with pytest.raises(InvalidInput):
            check_holidays(unknown)


def test_the_days_are_those_of_an_independent_reader_of_the_rule() -> None:
    rule = "FREQ=MONTHLY;INTERVAL=2;BYDAY=2WE,-1WE"
    start = datetime(2026, 12, 1, 7, 30)
    theirs = rrulestr(f"DTSTART:{start:%Y%m%dT%H%M%S}\nRRULE:{rule}")
    expected = [one.date() for one in theirs.between(datetime(2027, 1, 1), datetime(2028, 1, 1))]
    assert days(read_rule(rule)) == expected


@pytest.mark.parametrize(
    ("day", "at", "zone", "starts"),
    [
        # Winter and summer: half past seven stays half past seven.
        ("2027-01-05", "07:30", "Europe/Berlin", "2027-01-05T06:30Z"),
        ("2027-07-06", "07:30", "Europe/Berlin", "2027-07-06T05:30Z"),
        # 28 March 2027, 02:30 does not exist: the offset before the gap, 03:30 on the wall.
        ("2027-03-28", "02:30", "Europe/Berlin", "2027-03-28T01:30Z"),
        # 31 October 2027, 02:30 comes twice: the first.
        ("2027-10-31", "02:30", "Europe/Berlin", "2027-10-31T00:30Z"),
        # RFC 5545 3.3.5's own example: 2:30 on 11 March 2007 in New York is 3:30 EDT.
        ("2007-03-11", "02:30", "America/New_York", "2007-03-11T07:30Z"),
    ],
)
def test_times_are_those_of_the_wall_when_clocks_change(
    day: str, at: str, zone: str, starts: str
) -> None:
    found = starts_and_ends(
        day=date.fromisoformat(day), starts_at=time.fromisoformat(at), minutes=60, time_zone=zone
    )
    assert found[0] == datetime.fromisoformat(starts)
    assert (found[1] - found[0]).total_seconds() == 3600


def test_a_time_zone_is_one_of_the_database() -> None:
    assert check_time_zone("Europe/Berlin") == "Europe/Berlin"
    for unknown in ("Mars/Olympus", "../../etc/passwd", ""):
        with pytest.raises(InvalidInput):
            check_time_zone(unknown)
