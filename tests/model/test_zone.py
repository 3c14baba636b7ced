from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest

from sched_agent.errors import InvalidArgument, NonexistentTime
from sched_agent.model.interval import HOUR, MINUTE
from sched_agent.model.zone import (
    instant,
    local,
    local_day,
    on_the_clock,
    read_wall_time,
    zone,
)
from tests.builders import NEW_YORK, at

FIRST, LAST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)


def changes(name: str) -> list[tuple[datetime, timedelta, timedelta]]:
    """Return the instants of 2026 and 2027 at which a zone's offset changes, to the minute."""
    in_zone, found = ZoneInfo(name), []
    day = FIRST
    while day < LAST:
        after = day + timedelta(days=1)
        if day.astimezone(in_zone).utcoffset() != after.astimezone(in_zone).utcoffset():
            low, high = day, after
            while high - low > timedelta(minutes=1):
                middle = (low + (high - low) / 2).replace(second=0, microsecond=0)
                same = low.astimezone(in_zone).utcoffset() == middle.astimezone(in_zone).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            before = low.astimezone(in_zone).utcoffset()
            later = high.astimezone(in_zone).utcoffset()
            assert before is not None
            assert later is not None
            found.append((high, before, later))
        day = after
    return found


CHANGING = sorted(name for name in available_timezones() if changes(name))


def test_many_zones_change_in_these_years():
    assert len(CHANGING) > 150


@pytest.mark.parametrize("name", CHANGING)
def test_around_every_clock_change_wall_times_are_read_once_twice_or_not_at_all(name):
    in_zone = ZoneInfo(name)
    for moment, before, later in changes(name):
        wall_before = (moment + before).replace(tzinfo=None)
        wall_after = (moment + later).replace(tzinfo=None)
        if later > before:
            middle = wall_before + (wall_after - wall_before) / 2
            with pytest.raises(NonexistentTime) as refusal:
                read_wall_time(middle, in_zone)
            nearest = [middle + (later - before), middle - (later - before)]
            assert all(f"{near:%Y-%m-%dT%H:%M}" in refusal.value.message for near in nearest)
        else:
            middle = wall_after + (wall_before - wall_after) / 2
            first, twice = read_wall_time(middle, in_zone)
            assert twice
            assert first == instant(middle.replace(tzinfo=UTC)) - before // timedelta(
                microseconds=1
            )
        for outside in (min(wall_before, wall_after), max(wall_before, wall_after)):
            shift = timedelta(minutes=1)
            clear = outside - shift if outside == min(wall_before, wall_after) else outside
            read, twice = read_wall_time(clear, in_zone)
            assert not twice
            assert local(read, in_zone).replace(tzinfo=None) == clear


@pytest.mark.parametrize("name", CHANGING)
def test_days_in_every_zone_follow_each_other_without_gap(name):
    in_zone = ZoneInfo(name)
    first = FIRST.toordinal()
    midnights = [on_the_clock(day, 0, in_zone) for day in range(first, first + 731)]

    assert all(20 * HOUR <= b - a <= 28 * HOUR for a, b in pairwise(midnights))
    assert all(
        on_the_clock(day, 1440, in_zone) == on_the_clock(day + 1, 0, in_zone)
        for day in range(first, first + 731)
    )


def test_rfc_5545s_own_new_york_dates_read_as_it_says():
    skipped = on_the_clock(datetime(2007, 3, 11, tzinfo=UTC).toordinal(), 2 * 60 + 30, NEW_YORK)
    repeated = on_the_clock(datetime(2007, 11, 4, tzinfo=UTC).toordinal(), 60 + 30, NEW_YORK)

    assert local(skipped, NEW_YORK).isoformat() == "2007-03-11T03:30:00-04:00"
    assert local(repeated, NEW_YORK).isoformat() == "2007-11-04T01:30:00-04:00"


def test_an_unknown_zone_is_refused_with_what_may_be_meant():
    with pytest.raises(InvalidArgument, match=r"Did you mean America/New_York"):
        zone("New York")


@pytest.mark.parametrize(
    "name", ["", "../etc/passwd", "/etc/localtime", "a" * 300, "\0", "right/UTC", "Factory"]
)
def test_what_is_no_zone_is_refused(name):
    with pytest.raises(InvalidArgument):
        zone(name)


@pytest.mark.parametrize("year", [1, 1899, 2200, 9999])
def test_times_far_away_are_refused(year):
    with pytest.raises(InvalidArgument, match="between the years 1900 and 2199"):
        instant(datetime(year, 6, 1, tzinfo=UTC))


def test_a_local_day_begins_at_midnight_and_not_a_moment_sooner():
    midnight = at("2026-11-23T00:00")

    assert local_day(midnight, NEW_YORK) == local_day(midnight - MINUTE, NEW_YORK) + 1
