-- Providers, connections of calendars to them, and the outbox. None of it is divided by calendar:
-- it is little, and what is due is looked for across all calendars.

create table provider (
    environment_id bigint not null references environment on delete cascade,
    name text not null,
    kind text not null,
    url text,
    client_id text,
    sealed_secret text,
    authorization_url text,
    token_url text,
    redirect_uris text not null,
    created_at bigint not null,
    primary key (environment_id, name)
);

create table connection (
    environment_id bigint not null references environment on delete cascade,
    connection_id bigint not null,
    calendar_id bigint not null,
    provider text not null,
    kind text not null,
    state text not null,
    redirect_uri text,
    sealed_credentials text,
    sealed_flow text,
    remote_calendar text,
    writable boolean not null,
    cursor text,
    known_until bigint,
    last_sync_at bigint,
    syncing_since bigint,
    events_synced bigint not null,
    trouble text,
    recheck_seconds bigint not null,
    max_age_minutes bigint not null,
    sync_minutes bigint not null,
    when_unknown text not null,
    when_taken text not null,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (environment_id, connection_id)
);

create index connection_of_calendar on connection (environment_id, calendar_id);

create table link (
    environment_id bigint not null references environment on delete cascade,
    connection_id bigint not null,
    key text not null,
    event_id bigint not null,
    handle text not null,
    etag text,
    seen_here text not null,
    seen_there text not null,
    start_at bigint not null,
    end_at bigint not null,
    is_ours boolean not null,
    awaited boolean not null,
    primary key (environment_id, connection_id, key)
);

create index link_of_event on link (environment_id, event_id);

create index link_awaited on link (environment_id, connection_id) where awaited;

create index link_of_handle on link (environment_id, connection_id, handle);

create table outbox (
    environment_id bigint not null references environment on delete cascade,
    topic text not null,
    key text not null,
    lane text not null,
    payload text not null,
    due_at bigint not null,
    attempts bigint not null,
    generation bigint not null,
    lease text,
    leased_until bigint,
    trouble text,
    dead_at bigint,
    created_at bigint not null,
    primary key (environment_id, topic, key)
);

create table audit (
    environment_id bigint not null references environment on delete cascade,
    audit_id bigint not null,
    calendar_id bigint not null,
    event_id bigint not null,
    connection_id bigint not null,
    at bigint not null,
    what text not null,
    lost text not null,
    primary key (environment_id, audit_id)
);

create index audit_of_connection on audit (environment_id, connection_id, at);

create index outbox_due on outbox (due_at) where dead_at is null;

create index outbox_of_lane on outbox (environment_id, lane);

create index outbox_leased on outbox (lease) where lease is not null;

alter table event add column sync_state text;

alter table event add column meeting_id text;

alter table event add column meeting_url text;
