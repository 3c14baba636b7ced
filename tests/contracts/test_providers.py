"""Whatever one provider promises, all of them promise."""

from itertools import count

import pytest

from tests.caldav_servers import SERVERS
from tests.contracts.provider_contract import (
    LosesAnswers,
    Meetings,
    NoMeetings,
    ReadOnlyContract,
    WritableContract,
)
from tests.contracts.providers.dav_world import dav
from tests.contracts.providers.google_world import google
from tests.contracts.providers.icalendar_objects import IcalendarObjects
from tests.contracts.providers.ics_world import feed
from tests.contracts.providers.misbehaved import Misbehaved, MisbehavedJson, MisbehavedWrites

_numbers = count(1)


@pytest.fixture(scope="module")
def radicale(tmp_path_factory):
    with SERVERS["radicale"](tmp_path_factory.mktemp("radicale")) as server:
        yield server


@pytest.fixture(scope="module")
def xandikos(tmp_path_factory):
    with SERVERS["xandikos"](tmp_path_factory.mktemp("xandikos")) as server:
        yield server


class TestGoogle(WritableContract, LosesAnswers, MisbehavedJson, Meetings):
    @pytest.fixture
    def world(self):
        with google() as world:
            yield world


class TestRadicale(WritableContract, LosesAnswers, MisbehavedWrites, IcalendarObjects, NoMeetings):
    @pytest.fixture
    def world(self, radicale):
        with dav(radicale, f"calendar-{next(_numbers)}") as world:
            yield world


class TestXandikos(WritableContract, IcalendarObjects, NoMeetings):
    @pytest.fixture
    def world(self, xandikos):
        with dav(xandikos, f"calendar-{next(_numbers)}") as world:
            yield world


class TestIcs(ReadOnlyContract, Misbehaved, IcalendarObjects):
    @pytest.fixture
    def world(self):
        with feed() as world:
            yield world
