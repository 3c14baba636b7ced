"""The schema, step by step. A step that has been released is never edited; add one instead."""

import sqlite3
from typing import Any

from sqlite_utils import Database, Migrations

from sched_agent.store.steps import another_program, left_to_take

steps = Migrations("sched_agent")

_TABLES = (
    """
    create table environment (
        environment_id integer primary key,
        name text not null unique,
        timezone text not null,
        created_at integer not null
    ) strict
    """,
    """
    create table token (
        environment_id integer not null references environment on delete cascade,
        token_id integer not null,
        name text not null,
        hash text not null unique,
        level integer not null,
        owner_type text,
        owner_id text,
        own_events_only integer not null,
        created_at integer not null,
        expires_at integer,
        revoked_at integer,
        primary key (environment_id, token_id)
    ) strict, without rowid
    """,
    """
    create table calendar (
        environment_id integer not null references environment on delete cascade,
        calendar_id integer not null,
        name text not null,
        search_text text not null,
        timezone text not null,
        description text,
        owner_id text,
        metadata text,
        availability text not null,
        double_booking text not null,
        slot_step_minutes integer,
        buffer_before_minutes integer not null,
        buffer_after_minutes integer not null,
        min_notice_minutes integer not null,
        max_days_ahead integer,
        max_events_per_day integer,
        max_attendees integer,
        created_at integer not null,
        updated_at integer not null,
        primary key (environment_id, calendar_id)
    ) strict, without rowid
    """,
    """
    create table availability_rule (
        environment_id integer not null,
        calendar_id integer not null,
        rule_id integer not null,
        position integer not null,
        type text not null check (type in ('recurring', 'exception')),
        available integer not null,
        days_of_week text,
        date text,
        start_minute integer,
        end_minute integer,
        timezone text,
        primary key (environment_id, calendar_id, position),
        unique (environment_id, rule_id),
        foreign key (environment_id, calendar_id) references calendar on delete cascade
    ) strict, without rowid
    """,
    """
    create table event (
        environment_id integer not null,
        calendar_id integer not null,
        event_id integer not null,
        title text not null,
        start_at integer not null,
        end_at integer not null check (end_at > start_at),
        description text,
        location text,
        status text not null check (status in ('confirmed', 'tentative', 'cancelled')),
        type text not null,
        transparent integer not null,
        attendees text not null,
        owner_type text,
        owner_id text,
        created_by text,
        hold_expires_at integer,
        held_by text,
        exclusive integer not null,
        cancel_reason text,
        version integer not null,
        created_at integer not null,
        updated_at integer not null,
        -- kept by the store from the model's rules, so that an index can serve them
        claims integer not null,
        search_text text not null,
        attendee_text text not null,
        primary key (environment_id, calendar_id, event_id),
        foreign key (environment_id, calendar_id) references calendar on delete cascade,
        check ((owner_type is null) = (owner_id is null))
    ) strict, without rowid
    """,
    "create unique index event_by_id on event (environment_id, event_id)",
    "create index event_by_start on event (environment_id, calendar_id, start_at, event_id)",
    # Which time is taken is answered from these two indexes alone, without reading an event.
    # An event of up to a day is found by where it starts; the few longer ones by where they end.
    """
    create index event_short on event
        (environment_id, calendar_id, claims, start_at, end_at, type, hold_expires_at, event_id)
        where claims = 1 and end_at - start_at <= 86400000000
    """,
    """
    create index event_long on event
        (environment_id, calendar_id, claims, end_at, start_at, type, hold_expires_at, event_id)
        where claims = 1 and end_at - start_at > 86400000000
    """,
    # Few: a hold that is confirmed, released or swept is no longer in it.
    """
    create index event_held on event
        (environment_id, calendar_id, held_by, hold_expires_at)
        where status = 'tentative' and hold_expires_at is not null
    """,
    """
    create table request (
        environment_id integer not null references environment on delete cascade,
        caller text not null,
        operation text not null,
        request_id text not null,
        fingerprint text not null,
        answer text not null,
        created_at integer not null,
        primary key (environment_id, caller, operation, request_id)
    ) strict, without rowid
    """,
    "create index request_by_age on request (created_at)",
)


@steps()
def m001_foundation(db: Database) -> None:
    """Environments, tokens, calendars, rules, events, answered requests."""
    for statement in _TABLES:
        db.execute(statement)


_MORE_COLUMNS = (
    "alter table calendar add column resource_id integer",
    "create index calendar_of_resource on calendar (environment_id, resource_id)"
    " where resource_id is not null",
    "alter table availability_rule add column day_of_month integer",
    "alter table availability_rule add column until text",
    "alter table availability_rule add column name text",
    "alter table event add column start_date text",
    "alter table event add column end_date text",
    "alter table event add column metadata text",
    "create index event_of_days on event (environment_id, calendar_id)"
    " where start_date is not null",
)


@steps()
def m002_days_and_resources(db: Database) -> None:
    """All-day events, calendars of a resource, monthly and ending rules, metadata of events."""
    for statement in _MORE_COLUMNS:
        db.execute(statement)


@steps()
def m003_names_without_apostrophes(db: Database) -> None:
    """What is kept of attendees to find them by: `o'brien` is one word now."""
    text = "attendee_text"
    for apostrophe in "'’ʼ`´‘":
        text = f"replace({text}, {db.quote(apostrophe)}, '')"
    db.execute(f"update event set attendee_text = {text} where attendee_text <> ''")


_CONNECTIONS = (
    """
    create table provider (
        environment_id integer not null references environment on delete cascade,
        name text not null,
        kind text not null,
        url text,
        client_id text,
        sealed_secret text,
        authorization_url text,
        token_url text,
        redirect_uris text not null,
        created_at integer not null,
        primary key (environment_id, name)
    ) strict, without rowid
    """,
    """
    create table connection (
        environment_id integer not null references environment on delete cascade,
        connection_id integer not null,
        calendar_id integer not null,
        provider text not null,
        kind text not null,
        state text not null,
        redirect_uri text,
        sealed_credentials text,
        sealed_flow text,
        remote_calendar text,
        writable integer not null,
        cursor text,
        known_until integer,
        last_sync_at integer,
        syncing_since integer,
        events_synced integer not null,
        trouble text,
        recheck_seconds integer not null,
        max_age_minutes integer not null,
        sync_minutes integer not null,
        when_unknown text not null,
        when_taken text not null,
        created_at integer not null,
        updated_at integer not null,
        primary key (environment_id, connection_id)
    ) strict, without rowid
    """,
    "create index connection_of_calendar on connection (environment_id, calendar_id)",
    """
    create table link (
        environment_id integer not null references environment on delete cascade,
        connection_id integer not null,
        key text not null,
        event_id integer not null,
        handle text not null,
        etag text,
        seen_here text not null,
        seen_there text not null,
        start_at integer not null,
        end_at integer not null,
        is_ours integer not null,
        awaited integer not null,
        primary key (environment_id, connection_id, key)
    ) strict, without rowid
    """,
    "create index link_of_event on link (environment_id, event_id)",
    "create index link_awaited on link (environment_id, connection_id) where awaited",
    "create index link_of_handle on link (environment_id, connection_id, handle)",
    """
    create table outbox (
        environment_id integer not null references environment on delete cascade,
        topic text not null,
        key text not null,
        lane text not null,
        payload text not null,
        due_at integer not null,
        attempts integer not null,
        generation integer not null,
        lease text,
        leased_until integer,
        trouble text,
        dead_at integer,
        created_at integer not null,
        primary key (environment_id, topic, key)
    ) strict, without rowid
    """,
    """
    create table audit (
        environment_id integer not null references environment on delete cascade,
        audit_id integer not null,
        calendar_id integer not null,
        event_id integer not null,
        connection_id integer not null,
        at integer not null,
        what text not null,
        lost text not null,
        primary key (environment_id, audit_id)
    ) strict, without rowid
    """,
    "create index audit_of_connection on audit (environment_id, connection_id, at)",
    "create index outbox_due on outbox (due_at) where dead_at is null",
    "create index outbox_of_lane on outbox (environment_id, lane)",
    "create index outbox_leased on outbox (lease) where lease is not null",
    "alter table event add column sync_state text",
    "alter table event add column meeting_id text",
    "alter table event add column meeting_url text",
)


@steps()
def m004_connections(db: Database) -> None:
    """Providers, connections of calendars to them, and the outbox."""
    for statement in _CONNECTIONS:
        db.execute(statement)


_EVENT_RULES = (
    """
    create table event_rule (
        environment_id integer not null references environment on delete cascade,
        event_rule_id integer not null,
        name text not null,
        trigger_name text not null,
        minutes_before integer,
        condition_text text,
        actions text not null,
        enabled integer not null,
        sealed_secret text,
        created_at integer not null,
        updated_at integer not null,
        primary key (environment_id, event_rule_id)
    ) strict, without rowid
    """,
    """
    create table delivery (
        environment_id integer not null references environment on delete cascade,
        event_rule_id integer not null,
        delivery_id text not null,
        means text not null,
        event_name text not null,
        event_id integer,
        attempt integer not null,
        at integer not null,
        outcome text not null,
        http_status integer,
        duration_ms integer not null,
        trouble text,
        primary key (environment_id, event_rule_id, delivery_id, attempt)
    ) strict, without rowid
    """,
    "create index delivery_by_age on delivery (environment_id, event_rule_id, at)",
)


@steps()
def m005_event_rules(db: Database) -> None:
    """Event rules, and the log of what came of them."""
    for statement in _EVENT_RULES:
        db.execute(statement)


def names() -> list[str]:
    """Return the names of all steps that this version knows."""
    return [step.name for step in steps.pending(Database(memory=True))]


def applied(connection: sqlite3.Connection) -> list[str]:
    """Return the names of the steps that a database has taken."""
    return [step.name for step in steps.applied(_database(connection))]


def pending(connection: sqlite3.Connection) -> list[str]:
    """Return the names of the steps that a database has still to take.

    Raises:
        SettingsError: It has taken steps that this version does not know.
    """
    done = applied(connection)
    tables = connection.execute("select count(*) from sqlite_schema where type = 'table'")
    if not done and tables.fetchone() != (0,):
        raise another_program()
    return left_to_take(names(), done)


def apply(connection: sqlite3.Connection) -> list[str]:
    """Take the steps that are left, inside the caller's transaction, and return their names."""
    left = pending(connection)
    if left:
        steps.apply(_database(connection))
    return left


def _database(connection: sqlite3.Connection) -> Database:
    options: dict[str, Any] = {"execute_plugins": False}
    return Database(connection, **options)
