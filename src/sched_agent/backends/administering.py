"""What admins do to hosted calendars: deleting events, and changing calendars and their rules."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sched_agent.backends.outcomes import done
from sched_agent.backends.reading import Reading
from sched_agent.backends.vendor import Vendor
from sched_agent.errors import UnknownEvent, UnknownRule
from sched_agent.model.availability_rule import WHOLE_DAY, Hours, Rule
from sched_agent.model.calendar import Calendar
from sched_agent.model.event import Event
from sched_agent.model.ids import Number

_WHOLE_DAY = Hours(start=WHOLE_DAY[0], end=WHOLE_DAY[1])


class Administering:
    """Changes one vendor's calendars. Threads share it.

    All of it raises `OutcomeUnknown` where nobody knows whether it is done.
    """

    def __init__(self, vendor: Vendor, reading: Reading) -> None:
        self._vendor = vendor
        self._reading = reading

    def delete(self, event: Event) -> Event:
        """Delete an event for good."""

        def act() -> Event:
            self._vendor.delete(event)
            return event

        def is_done() -> Event | None:
            try:
                self._vendor.event(event.id, event)
            except UnknownEvent:
                return event
            return None

        deleted = done(act, is_done, "the event is deleted")
        self._reading.forget(event.id)
        return deleted

    def revise(self, calendar: Calendar, changes: Mapping[str, Any]) -> Calendar:
        """Change a calendar."""

        def is_done() -> Calendar | None:
            there = self._reading.calendars(fresh=True).get(calendar.id)
            same = all(getattr(there, name) == value for name, value in changes.items())
            return there if same else None

        def act() -> Calendar:
            return self._vendor.revise_calendar(calendar, changes)

        revised = done(act, is_done, "the calendar is changed")
        self._reading.forget_calendars()
        return revised

    def add_rule(self, calendar: Calendar, rule: Rule, *, again: bool) -> Rule:
        """Add an availability rule; with `again` only if it is not there."""

        def is_done() -> Rule | None:
            known = self._vendor.rules(calendar)
            return next((one for one in known if _content(one) == _content(rule)), None)

        if again and (there := is_done()):
            return there
        return done(
            lambda: self._vendor.add_rule(calendar, rule), is_done, "the rule is there", tries=1
        )

    def remove_rule(self, calendar: Calendar, rule_id: Number) -> Rule:
        """Remove an availability rule.

        Raises:
            UnknownRule: The calendar has none with that id.
        """
        known = {rule.id: rule for rule in self._vendor.rules(calendar)}
        rule = known.get(rule_id)
        if rule is None:
            raise UnknownRule("The calendar has no availability rule with that id.")

        def act() -> Rule:
            self._vendor.remove_rule(calendar, rule)
            return rule

        def is_done() -> Rule | None:
            left = self._vendor.rules(calendar)
            return None if any(one.id == rule_id for one in left) else rule

        return done(act, is_done, "the rule is removed")


def _content(rule: Rule) -> Rule:
    """Return a rule without its id, and with the hours of a whole day, which vendors spell out."""
    return replace(rule, id=0, hours=rule.hours or _WHOLE_DAY)
