"""An event of ours comes to lie at the provider: once, and as it was meant."""

from dataclasses import replace

import pytest

from sched_agent.model.attendee import Attendee, Response
from sched_agent.model.interval import Interval
from sched_agent.model.remote import is_ours
from sched_agent.model.status import Status
from sched_agent.providers.base import RemoteGone
from tests.builders import at, span
from tests.contracts.providers.outsider import ELEVEN, NINE, TEN
from tests.contracts.providers.place import OTHER_UID, UID, days, intervals, keys, saying, titles

ANA = Attendee(name="Ana Souza", email="ana@example.com", response=Response.ACCEPTED)
BO = Attendee(name="Bo, \u201cthe\u201d Lind; Dr.", email="bo@example.com")
CY = Attendee(email="cy@example.com", response=Response.DECLINED)

CONTENTS = [
    pytest.param(saying(), id="plain"),
    pytest.param(saying(days("2026-11-23", "2026-11-24")), id="a day"),
    pytest.param(saying(days("2026-10-30", "2026-11-03")), id="days over a clock change"),
    pytest.param(
        saying(Interval(at("2026-10-31T22:00"), at("2026-11-01T07:00"))),
        id="a night with a clock change",
    ),
    pytest.param(
        saying(Interval(at("2026-11-01T01:30") + 3_600_000_000, at("2026-11-01T03:00"))),
        id="from the second half past one of a night",
    ),
    pytest.param(saying(status=Status.TENTATIVE), id="tentative"),
    pytest.param(saying(transparent=True), id="transparent"),
    pytest.param(
        saying(
            title="Caf\u00e9 \u4f1a\u8b70 \U0001f384 \u05e9\u05dc\u05d5\u05dd; a, b \\n",
            description="One, two;\nthree\n\n\u2003\\four \u201cfive\u201d <b>six</b> &amp; seven",
            location="R\u00faa do Salitre 1, Lisboa; 2\u00ba",
        ),
        id="words in many scripts and signs",
    ),
    pytest.param(saying(title="t" * 500, description="d\u00e9 " * 1300), id="long words"),
    pytest.param(saying(attendees=(ANA, BO, CY)), id="attendees"),
]


class Creating:
    @pytest.mark.parametrize("content", CONTENTS)
    def test_what_was_created_is_read_as_it_was_meant(self, place, content):
        created = place.provider.create(place.calendar, UID, content)

        (read,) = place.read()
        assert created.made
        assert created.event.content.fingerprint == content.fingerprint
        assert read.content.fingerprint == content.fingerprint
        assert read.content.interval == content.interval
        assert read.ref == created.event.ref

    def test_it_has_our_uid_as_its_key_for_us_and_for_whoever_reads_it(self, place):
        place.add(TEN)

        created = place.create(UID, NINE)

        assert created.ref.key == UID
        assert [is_ours(key) for key in keys(place.read())] == [True, False]
        assert place.provider.event(place.calendar, created.ref).ref == created.ref

    def test_others_see_it(self, place):
        place.create(title="Ours")

        assert place.outsider.titles() == ["Ours"]
        assert place.outsider.count(UID) == 1

    @pytest.mark.parametrize(
        ("fields", "taken"),
        [
            pytest.param({}, [NINE], id="confirmed"),
            pytest.param({"status": Status.TENTATIVE}, [NINE], id="tentative"),
            pytest.param({"transparent": True}, [], id="transparent"),
            pytest.param({"status": Status.CANCELLED}, [], id="cancelled"),
        ],
    )
    def test_it_takes_its_time_at_once_or_none(self, place, fields, taken):
        place.create(**fields)

        assert place.taken() == taken

    def test_our_own_event_can_be_left_out_of_what_is_taken(self, place):
        place.add(span("09:15", "09:45"))
        created = place.create(UID, NINE)

        assert place.taken() == [span("09:00", "09:45")]
        assert place.taken(but=[created.ref.key]) == [span("09:15", "09:45")]

    def test_two_events_at_one_time_are_both_made(self, place):
        place.create(UID, NINE, title="One")
        place.create(OTHER_UID, NINE, title="Two")

        assert sorted(titles(place.read())) == ["One", "Two"]

    def test_what_an_earlier_try_has_made_is_found_and_not_made_again(self, place, another):
        first = another.create(place.calendar, UID, saying()).event

        again = place.provider.create(place.calendar, UID, saying())

        assert not again.made
        assert again.event.ref == first.ref
        assert again.event.content.fingerprint == first.content.fingerprint
        assert place.outsider.count(UID) == 1
        assert len(place.read()) == 1

    def test_what_somebody_has_changed_meanwhile_is_told_and_stays(self, place):
        place.create(UID, NINE)
        place.outsider.rename(UID, "Renamed")
        place.outsider.move(UID, TEN)

        again = place.provider.create(place.calendar, UID, saying(ELEVEN, title="Again"))

        assert not again.made
        assert (again.event.content.title, again.event.content.interval) == ("Renamed", TEN)
        assert place.outsider.titles() == ["Renamed"]
        assert intervals(place.read()) == [TEN]

    def test_what_somebody_has_deleted_is_gone_or_made_anew_but_never_twice(self, place):
        place.create()
        place.outsider.delete(UID)

        try:
            again = place.provider.create(place.calendar, UID, saying())
        except RemoteGone:
            assert place.read() == []
            assert place.taken() == []
        else:
            assert again.made
            assert keys(place.read()) == [UID]
            assert place.outsider.count(UID) == 1

    @pytest.mark.parametrize(
        "content",
        [
            pytest.param(saying(attendees=(Attendee(phone="+15550100"),)), id="only a phone"),
            pytest.param(saying(attendees=(Attendee(name="Ana"),)), id="only a name"),
            pytest.param(saying(attendees=(Attendee(email="no address"),)), id="no address"),
            pytest.param(
                saying(attendees=(Attendee(name="A", email="a@example.com", phone="+15550100"),)),
                id="a phone beside",
            ),
            pytest.param(
                saying(attendees=(ANA, replace(ANA, name="Other"))), id="one address twice"
            ),
            pytest.param(
                saying(Interval(NINE.start + 1, NINE.end + 999_999)), id="parts of a second"
            ),
            pytest.param(saying(title="Two\nlines", location="Two\nlines"), id="a broken line"),
            pytest.param(saying(title=" a ", description=" b \n"), id="spaces around"),
            pytest.param(saying(description="a\r\nb\rc"), id="the line ends of other systems"),
            pytest.param(saying(description="a\tb\x0b\x1bc\x7f"), id="control characters"),
            pytest.param(saying(description="", location=""), id="empty words"),
            pytest.param(
                saying(title="x\r\nSTATUS:CANCELLED"), id="words like a line of iCalendar"
            ),
        ],
    )
    def test_what_a_provider_keeps_in_its_own_way_is_told_alike_by_all_calls(self, place, content):
        follower = place.follower()

        created = place.provider.create(place.calendar, UID, content)
        follower.read()

        (read,) = place.read()
        assert created.made
        assert read.content.fingerprint == created.event.content.fingerprint
        assert read.ref == created.event.ref
        assert follower.knows == [(read.ref, read.content)]
        assert place.taken() != []

    @pytest.mark.parametrize("content", CONTENTS)
    def test_a_content_that_was_read_can_be_written_back_and_says_the_same(self, place, content):
        created = place.provider.create(place.calendar, UID, content).event

        updated = place.provider.update(place.calendar, created.ref, created.content)

        assert updated.content.fingerprint == content.fingerprint
