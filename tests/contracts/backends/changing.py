"""A change does what it names, and nothing else."""

import pytest

from sched_agent import errors
from sched_agent.model.attendee import Response
from sched_agent.model.caller import Level
from sched_agent.model.event import Change
from sched_agent.model.interval import MINUTE
from sched_agent.model.owner import Owner, OwnerType
from sched_agent.model.status import Status
from tests.builders import span
from tests.contracts.backends.place import ANA, BO, ELEVEN, NEVER, NINE, TEN, needs


class Changing:
    def test_a_move_frees_the_old_time_and_takes_the_new_one(self, place):
        booked = place.book(NINE)

        moved = place.revise(booked, to=TEN)

        assert moved.changed
        assert (moved.event.id, moved.event.interval) == (booked.id, TEN)
        assert place.there() == [("Stand-up", TEN)]
        assert place.is_free(NINE)

    @needs("description", "attendees")
    def test_a_move_keeps_what_is_not_named(self, place):
        booked = place.book(title="Talk", description="About it", attendees=(ANA, BO))

        place.revise(booked, to=TEN)

        after = place.get(booked)
        assert (after.title, after.description, after.interval) == ("Talk", "About it", TEN)
        assert [who.email for who in after.attendees] == [ANA.email, BO.email]

    def test_a_new_start_keeps_the_length(self, place):
        booked = place.book(span("09:00", "09:45"))

        _change(place, booked, Change(start=ELEVEN.start))

        assert place.get(booked).interval == span("11:00", "11:45")

    def test_a_new_length_or_end_keeps_the_start(self, place):
        booked = place.book(NINE)

        _change(place, booked, Change(length=60 * MINUTE))
        assert place.get(booked).interval == span("09:00", "10:00")
        _change(place, booked, Change(end=ELEVEN.start))

        assert place.get(booked).interval == span("09:00", "11:00")

    def test_an_event_may_move_over_its_own_time(self, place):
        booked = place.book(NINE)

        place.revise(booked, to=span("09:15", "09:45"))

        assert place.there() == [("Stand-up", span("09:15", "09:45"))]

    def test_a_move_onto_a_taken_time_is_refused_and_the_event_stays(self, place):
        place.book(TEN, title="First")
        booked = place.book(NINE, title="Second")

        with pytest.raises(errors.SlotTaken) as refusal:
            place.revise(booked, to=span("09:45", "10:15"))

        assert place.there() == [("Second", NINE), ("First", TEN)]
        assert refusal.value.alternatives
        place.revise(booked, to=refusal.value.alternatives[0].interval)

    def test_a_move_out_of_the_hours_is_refused_and_the_event_stays(self, place):
        booked = place.book(NINE)

        with pytest.raises(errors.OutsideHours):
            place.revise(booked, to=span("20:00", "20:30"))

        assert place.there() == [("Stand-up", NINE)]

    def test_a_new_title_leaves_the_time(self, place):
        booked = place.book(NINE, title="Before")

        revised = place.revise(booked, title="After")

        assert revised.event.title == "After"
        assert place.there() == [("After", NINE)]

    @needs("description")
    def test_a_description_can_be_changed_and_taken_away(self, place):
        booked = place.book(description="Before")

        place.revise(booked, description="After")
        assert place.get(booked).description == "After"
        place.revise(booked, description=None)

        assert not place.get(booked).description

    @needs("attendees")
    def test_who_is_invited_can_be_changed(self, place):
        booked = place.book(attendees=(ANA,))

        place.revise(booked, attendees=(BO,))

        assert [who.email for who in place.get(booked).attendees] == [BO.email]

    def test_a_change_that_changes_nothing_is_told_as_such(self, place):
        booked = place.book(NINE, title="Same")

        revised = place.revise(booked, to=NINE, title="Same")

        assert not revised.changed
        assert revised.event == place.get(booked)

    def test_a_change_made_with_an_old_version_in_view_is_refused(self, place):
        booked = place.book(NINE)
        place.revise(booked, title="Other")

        with pytest.raises(errors.Stale) as refusal:
            place.revise(booked, to=TEN, if_version=booked.version)

        assert refusal.value.event.title == "Other"
        assert place.there() == [("Other", NINE)]
        place.revise(booked, to=TEN, if_version=refusal.value.event.version)

    def test_a_cancellation_with_an_old_version_in_view_is_refused(self, place):
        booked = place.book(NINE)
        place.revise(booked, title="Other")

        with pytest.raises(errors.Stale):
            place.cancel(booked, if_version=booked.version)

        assert place.there() == [("Other", NINE)]

    def test_cancelling_frees_the_time(self, place):
        booked = place.book(NINE)

        cancelled = place.cancel(booked)

        assert not cancelled.already
        assert cancelled.event.status is Status.CANCELLED
        assert place.there() == []
        assert place.is_free(NINE)
        place.book(NINE)

    def test_cancelling_twice_succeeds_and_says_so(self, place):
        booked = place.book(NINE)
        place.cancel(booked)

        again = place.cancel(booked)

        assert again.already
        assert again.event.status is Status.CANCELLED

    @needs("cancel_reason")
    def test_the_reason_of_a_cancellation_is_kept(self, place):
        booked = place.book()

        place.cancel(booked, reason="Ana is \u201cill\u201d")

        assert place.get(booked).cancel_reason == "Ana is \u201cill\u201d"

    def test_a_change_of_the_status_cancels_too(self, place):
        booked = place.book(NINE)

        place.revise(booked, status=Status.CANCELLED)

        assert place.there() == []

    def test_a_cancelled_event_stays_cancelled(self, place):
        booked = place.book(NINE)
        place.cancel(booked)

        with pytest.raises(errors.StatusConflict):
            place.revise(booked, status=Status.CONFIRMED)
        with pytest.raises(errors.StatusConflict):
            place.revise(booked, to=TEN)

        assert place.there() == []

    @needs("tentative")
    def test_a_confirmed_event_may_become_tentative_and_keeps_its_time(self, place):
        booked = place.book(NINE, title="Mine")

        place.revise(booked, status=Status.TENTATIVE)

        assert place.get(booked).status is Status.TENTATIVE
        assert place.there() == [("Mine", NINE)]

    @needs("respond_to_event")
    def test_an_invitation_is_answered(self, place):
        booked = place.book(attendees=(ANA, BO))

        place.backend.respond(
            place.caller, booked.id, "ana@example.com", Response.ACCEPTED, request_id=None
        )

        responses = [who.response for who in place.get(booked).attendees]
        assert responses == [Response.ACCEPTED, Response.NEEDS_ACTION]

    @needs("respond_to_event")
    def test_nobody_answers_who_is_not_invited(self, place):
        booked = place.book(attendees=(ANA,))

        with pytest.raises(errors.UnknownAttendee):
            place.backend.respond(
                place.caller, booked.id, "Zoe", Response.ACCEPTED, request_id=None
            )

    @needs("respond_to_event")
    def test_nobody_answers_to_what_does_not_exist(self, place):
        with pytest.raises(errors.UnknownEvent):
            place.backend.respond(place.caller, NEVER, "Zoe", Response.ACCEPTED, request_id=None)

    @needs("delete_event")
    def test_what_is_deleted_is_gone(self, place):
        booked = place.book(NINE, title="Gone")

        deleted = place.backend.delete(place.caller, booked.id, request_id=None)

        assert deleted.title == "Gone"
        assert place.truth.events("Work") == []
        with pytest.raises(errors.UnknownEvent):
            place.get(booked)
        with pytest.raises(errors.UnknownEvent):
            place.backend.delete(place.caller, booked.id, request_id=None)

    def test_only_an_admin_deletes(self, place):
        booked = place.book()

        with pytest.raises(errors.NotAllowed):
            place.backend.delete(place.caller_as(level=Level.WRITE), booked.id, request_id=None)

        assert len(place.there()) == 1

    @needs("owner")
    def test_who_may_change_only_its_own_events_leaves_others_alone(self, place):
        agent = Owner(OwnerType.AGENT, "receptionist")
        by = place.caller_as(level=Level.WRITE, actor=agent, own_events_only=True)
        others, own = place.book(NINE, title="Others"), place.book(TEN, by=by, title="Own")

        with pytest.raises(errors.NotAllowed):
            place.revise(others, by=by, title="Mine now")
        with pytest.raises(errors.NotAllowed):
            place.cancel(others, by=by)
        place.revise(own, by=by, title="Still my own")

        assert [title for title, _ in place.there()] == ["Others", "Still my own"]

    def test_who_may_only_read_changes_nothing(self, place):
        booked = place.book(NINE)
        by = place.caller_as(level=Level.READ)

        with pytest.raises(errors.NotAllowed):
            place.revise(booked, by=by, to=TEN)
        with pytest.raises(errors.NotAllowed):
            place.cancel(booked, by=by)

        assert place.there() == [("Stand-up", NINE)]


def _change(place, event, change):
    place.backend.revise(place.caller, event.id, change, if_version=None, request_id=None)
