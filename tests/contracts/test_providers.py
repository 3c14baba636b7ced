"""Whatever one provider promises, all of them promise."""

import pytest

from tests.contracts.provider_contract import (
    LosesAnswers,
    Meetings,
    NoMeetings,
    ReadOnlyContract,
    WritableContract,
)
from tests.contracts.providers.dav_world import dav
from tests.contracts.providers.google_world import google
from tests.contracts.providers.icalendar_objects import AnywhereInTheCollection, IcalendarObjects
from tests.contracts.providers.ics_world import feed
from tests.contracts.providers.misbehaved import Misbehaved, MisbehavedJson, MisbehavedWrites


@pytest.fixture(scope="module")
def radicale(tmp_path_factory):
    with dav("radicale", tmp_path_factory.mktemp("radicale")) as new_world:
        yield new_world


@pytest.fixture(scope="module")
def xandikos(tmp_path_factory):
    with dav("xandikos", tmp_path_factory.mktemp("xandikos")) as new_world:
        yield new_world


class TestGoogle(WritableContract, LosesAnswers, MisbehavedJson, Meetings):
    @pytest.fixture
    def world(self):
        with google() as world:
            yield world


class TestRadicale(
    WritableContract,
    LosesAnswers,
    MisbehavedWrites,
    IcalendarObjects,
    AnywhereInTheCollection,
    NoMeetings,
):
    @pytest.fixture
    def world(self, radicale):
        with radicale() as world:
            yield world


class TestXandikos(WritableContract, IcalendarObjects, AnywhereInTheCollection, NoMeetings):
    @pytest.fixture
    def world(self, xandikos):
        with xandikos() as world:
            yield world


class TestIcs(ReadOnlyContract, Misbehaved, IcalendarObjects):
    @pytest.fixture
    def world(self):
        with feed() as world:
            yield world
