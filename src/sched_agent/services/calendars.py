"""Making, finding, changing and deleting calendars, and their availability rules."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sched_agent.app import App
from sched_agent.errors import InvalidArgument, NotAllowed, UnknownCalendar
from sched_agent.model import zone
from sched_agent.model.availability_rule import Hours, RecurringRule, Rule
from sched_agent.model.calendar import Calendar, Policy
from sched_agent.model.caller import Caller, Level
from sched_agent.model.ids import Number
from sched_agent.model.page import Page, write_cursor
from sched_agent.model.text import cleaned, fold
from sched_agent.services.retries import once
from sched_agent.store.base import Transaction

OFFICE_HOURS = RecurringRule(
    id=0, days_of_week=frozenset(range(1, 6)), hours=Hours(start=9 * 60, end=17 * 60)
)
"""Monday to Friday, 9 to 17: what the first calendar of an empty database opens with."""


def create(
    app: App,
    caller: Caller,
    *,
    name: str,
    timezone: str | None = None,
    policy: Policy = Policy(),  # noqa: B008  # frozen
    rules: Sequence[Rule] = (),
    request_id: str | None = None,
    needs: Level = Level.ADMIN,
    **words: Any,
) -> Calendar:
    """Make a calendar in the caller's environment.

    Args:
        app: The program.
        caller: Who asks.
        name: What people call it.
        timezone: IANA name; None means the environment's.
        policy: What it offers and accepts.
        rules: Availability rules that it starts with.
        request_id: See `retries.once`.
        needs: The level that the door asks for, here and in all that follows.
        words: description, owner_id, resource_id, metadata.

    Raises:
        NotAllowed: The caller's level is lower, or they may change only their own events; here
            and in all that follows.
        InvalidArgument: There is no such zone.
        RequestIdReused: The request_id came before with other arguments.
    """
    _require(caller, needs)
    told = _clean({"name": name, **words})

    def act(tx: Transaction) -> Calendar:
        now = app.clock()
        calendar = Calendar(
            id=0,
            timezone=tx.environment().timezone if timezone is None else zone.zone(timezone).key,
            policy=policy,
            created_at=now,
            updated_at=now,
            **told,
        )
        kept = tx.add_calendar(calendar)
        for rule in rules:
            tx.add_rule(kept.id, rule)
        return kept

    arguments = (name, timezone, policy, tuple(rules), sorted(words.items()))
    return once(app, caller, ("create_calendar", request_id, arguments), Calendar, act)


def get(app: App, caller: Caller, calendar_id: Number) -> Calendar:
    """Return a calendar.

    Raises:
        UnknownCalendar: There is no such calendar.
    """
    caller.require(Level.READ)
    with app.store.snapshot(caller.environment_id) as tx:
        return tx.calendar(calendar_id)


def find_all(
    app: App, caller: Caller, *, query: str | None = None, limit: int, after: Number = 0
) -> Page[Calendar]:
    """Return a page of calendars, by id; `query` is part of the name, accents and case aside."""
    caller.require(Level.READ)
    with app.store.snapshot(caller.environment_id) as tx:
        found = tx.calendars(fold(query) if query else None, limit + 1, after)
    more = write_cursor(found[limit - 1].id) if len(found) > limit else None
    return Page(found[:limit], more)


def revise(
    app: App,
    caller: Caller,
    calendar_id: Number,
    changes: Mapping[str, Any],
    *,
    notes: Mapping[str, Any] | None = None,
    request_id: str | None = None,
    needs: Level = Level.ADMIN,
) -> Calendar:
    """Change a calendar: fields of `Calendar` and of its `Policy`, by name.

    Events that it holds already stay as they are; those that have dates keep the dates, and move
    with its zone.

    Args:
        app: The program.
        caller: Who asks.
        calendar_id: The calendar.
        changes: New values by their fields' names.
        notes: New entries of its metadata; None takes one away, and the others stay.
        request_id: See `retries.once`.
        needs: See `create`.

    Raises:
        NotAllowed: See `create`.
        UnknownCalendar: There is no such calendar.
        InvalidArgument: There is no such zone.
        RequestIdReused: The request_id came before with other arguments.
    """
    _require(caller, needs)
    if "timezone" in changes:
        zone.zone(changes["timezone"])
    rules_changed = {name: value for name, value in changes.items() if name in Policy.__slots__}
    words = _clean({n: value for n, value in changes.items() if n not in rules_changed})

    def act(tx: Transaction) -> Calendar:
        before = tx.lock_calendar(calendar_id)
        policy = replace(before.policy, **rules_changed)
        after = replace(before, **words, policy=policy, updated_at=app.clock())
        if notes:
            after = replace(after, metadata=_noted(after.metadata or {}, notes))
        tx.put_calendar(after)
        if after.timezone != before.timezone:
            _keep_dates(tx, after)
        return after

    arguments = (calendar_id, sorted(changes.items()), sorted((notes or {}).items()))
    return once(app, caller, ("update_calendar", request_id, arguments), Calendar, act)


def _clean(words: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return fields of a calendar without the characters in its words that nobody sees.

    Raises:
        InvalidArgument: Nothing of its name is left.
    """
    kept = {n: cleaned(v) if n in {"name", "description"} else v for n, v in words.items()}
    if words.get("name") and not kept["name"].strip():
        raise InvalidArgument("The name has nothing to read.", fields={"name": "can't be seen"})
    return kept


def _noted(metadata: Mapping[str, Any], notes: Mapping[str, Any]) -> Mapping[str, Any] | None:
    others = {name: value for name, value in metadata.items() if name not in notes}
    return others | {name: value for name, value in notes.items() if value is not None} or None


def _keep_dates(tx: Transaction, calendar: Calendar) -> None:
    """Move the events that have dates to where these lie in a calendar's new zone."""
    for event in tx.all_day(calendar.id):
        assert event.days is not None  # noqa: S101  # that is what was asked for
        at = event.days.interval(calendar.zone)
        # nobody has checked whether they are the only ones there
        moved = replace(event, interval=at, exclusive=False, version=event.version + 1)
        tx.put_event(replace(moved, updated_at=calendar.updated_at))


def delete(
    app: App,
    caller: Caller,
    calendar_id: Number,
    *,
    request_id: str | None = None,
    needs: Level = Level.ADMIN,
) -> Calendar:
    """Delete a calendar with its rules and events, and return what it was.

    Raises:
        NotAllowed: See `create`.
        UnknownCalendar: There is no such calendar.
        RequestIdReused: The request_id came before with other arguments.
    """
    _require(caller, needs)

    def act(tx: Transaction) -> Calendar:
        calendar = tx.lock_calendar(calendar_id)
        tx.delete_calendar(calendar_id)
        return calendar

    return once(app, caller, ("delete_calendar", request_id, calendar_id), Calendar, act)


def rules(app: App, caller: Caller, calendar_id: Number) -> Sequence[Rule]:
    """Return a calendar's availability rules, oldest first.

    Raises:
        UnknownCalendar: There is no such calendar.
    """
    caller.require(Level.READ)
    with app.store.snapshot(caller.environment_id) as tx:
        return tx.rules(tx.calendar(calendar_id).id)


def of_resource(app: App, caller: Caller, resource_id: Number) -> Sequence[Calendar]:
    """Return the calendars of a resource, its own first.

    Raises:
        UnknownCalendar: There is no such resource.
    """
    caller.require(Level.READ)
    with app.store.snapshot(caller.environment_id) as tx:
        found = tx.calendars_of(resource_id)
    if not found or found[0].resource_id is not None:
        raise UnknownCalendar("No resource has that id.")
    return found


def add_rule(
    app: App,
    caller: Caller,
    calendar_id: Number,
    rule: Rule,
    *,
    request_id: str | None = None,
    needs: Level = Level.ADMIN,
) -> Rule:
    """Open or close a calendar at certain hours.

    Raises:
        NotAllowed: See `create`.
        UnknownCalendar: There is no such calendar.
        InvalidArgument: The rule's zone does not exist.
        RequestIdReused: The request_id came before with other arguments.
    """
    _require(caller, needs)
    if rule.timezone is not None:
        zone.zone(rule.timezone)

    def act(tx: Transaction) -> Rule:
        return tx.add_rule(tx.lock_calendar(calendar_id).id, rule)

    request = ("add_availability_rule", request_id, (calendar_id, rule))
    answer: Rule = once(app, caller, request, Rule, act)  # type: ignore[arg-type]  # a union is a type to pydantic
    return answer


def replace_rule(
    app: App,
    caller: Caller,
    calendar_id: Number,
    rule_id: Number,
    rule: Rule,
    *,
    request_id: str | None = None,
    needs: Level = Level.ADMIN,
) -> Rule:
    """Put a rule in the place of another one, whose id it gets.

    Raises:
        NotAllowed: See `create`.
        UnknownCalendar: There is no such calendar.
        UnknownRule: It has no such rule.
        InvalidArgument: The rule's zone does not exist.
        RequestIdReused: The request_id came before with other arguments.
    """
    _require(caller, needs)
    if rule.timezone is not None:
        zone.zone(rule.timezone)

    def act(tx: Transaction) -> Rule:
        new: Rule = replace(rule, id=rule_id)
        tx.put_rule(tx.lock_calendar(calendar_id).id, new)
        return new

    request = ("replace_availability_rule", request_id, (calendar_id, rule_id, rule))
    answer: Rule = once(app, caller, request, Rule, act)  # type: ignore[arg-type]  # as above
    return answer


def remove_rule(
    app: App,
    caller: Caller,
    calendar_id: Number,
    rule_id: Number,
    *,
    request_id: str | None = None,
    needs: Level = Level.ADMIN,
) -> Rule:
    """Delete an availability rule and return what it was; events that were booked by it stay.

    Raises:
        NotAllowed: See `create`.
        UnknownCalendar: There is no such calendar.
        UnknownRule: It has no such rule.
        RequestIdReused: The request_id came before with other arguments.
    """
    _require(caller, needs)

    def act(tx: Transaction) -> Rule:
        calendar = tx.lock_calendar(calendar_id)
        found = {rule.id: rule for rule in tx.rules(calendar.id)}
        tx.delete_rule(calendar.id, rule_id)
        return found[rule_id]

    request = ("remove_availability_rule", request_id, (calendar_id, rule_id))
    answer: Rule = once(app, caller, request, Rule, act)  # type: ignore[arg-type]  # as above
    return answer


def _require(caller: Caller, needs: Level) -> None:
    caller.require(needs)
    if caller.own_events_only:
        raise NotAllowed(
            "This token may only change events that it owns.",
            hint="Use a token that is not for its own events only.",
        )
