-- Environments, tokens, calendars, rules, events, answered requests.
--
-- What belongs to a calendar is divided by calendar_id into as many leaves as are wanted (one, to
-- begin with; see leaves.sql), and every key of it leads with its environment and calendar. No
-- foreign key points at a calendar: whoever writes below one holds its row's lock, and so does
-- whoever deletes it. That lets the leaves lie on other servers. Instants are UTC microseconds.

create table environment (
    environment_id bigint primary key,
    name text not null unique,
    timezone text not null,
    created_at bigint not null
);

create table token (
    environment_id bigint not null references environment on delete cascade,
    token_id bigint not null,
    name text not null,
    hash text not null unique,
    level bigint not null,
    owner_type text,
    owner_id text,
    own_events_only boolean not null,
    created_at bigint not null,
    expires_at bigint,
    revoked_at bigint,
    primary key (environment_id, token_id)
);

create table calendar (
    environment_id bigint not null,
    calendar_id bigint not null,
    name text not null,
    search_text text not null,
    timezone text not null,
    description text,
    owner_id text,
    metadata text,
    availability text not null,
    double_booking text not null,
    slot_step_minutes bigint,
    buffer_before_minutes bigint not null,
    buffer_after_minutes bigint not null,
    min_notice_minutes bigint not null,
    max_days_ahead bigint,
    max_events_per_day bigint,
    max_attendees bigint,
    created_at bigint not null,
    updated_at bigint not null
) partition by hash (calendar_id);

create table availability_rule (
    environment_id bigint not null,
    calendar_id bigint not null,
    rule_id bigint not null,
    position bigint not null,
    type text not null check (type in ('recurring', 'exception')),
    available boolean not null,
    days_of_week text,
    date text,
    start_minute bigint,
    end_minute bigint,
    timezone text
) partition by hash (calendar_id);

create table event (
    environment_id bigint not null,
    calendar_id bigint not null,
    event_id bigint not null,
    title text not null,
    start_at bigint not null,
    end_at bigint not null check (end_at > start_at),
    description text,
    location text,
    status text not null check (status in ('confirmed', 'tentative', 'cancelled')),
    type text not null,
    transparent boolean not null,
    attendees text not null,
    owner_type text,
    owner_id text,
    created_by text,
    hold_expires_at bigint,
    held_by text,
    exclusive boolean not null,
    cancel_reason text,
    version bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    -- kept by the store from the model's rules, so that an index can serve them
    claims boolean not null,
    search_text text not null,
    attendee_text text not null,
    check ((owner_type is null) = (owner_id is null))
) partition by hash (calendar_id);

-- Which calendar an event is on: events are asked for by their own id alone, and this keeps that
-- id unique in its environment across all leaves.
create table event_place (
    environment_id bigint not null,
    event_id bigint not null,
    calendar_id bigint not null,
    primary key (environment_id, event_id)
);

create table request (
    environment_id bigint not null references environment on delete cascade,
    caller text not null,
    operation text not null,
    request_id text not null,
    fingerprint text not null,
    answer text not null,
    created_at bigint not null,
    primary key (environment_id, caller, operation, request_id)
);

create index request_by_age on request (created_at);
