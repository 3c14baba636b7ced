-- One leaf of each table that is divided by calendar: leaf {leaf} of {leaves}. A leaf carries the
-- keys itself, so that it may as well lie on another server.

create table calendar_{leaves}_{leaf} (
    like calendar including defaults including constraints,
    primary key (environment_id, calendar_id)
);

create table availability_rule_{leaves}_{leaf} (
    like availability_rule including defaults including constraints,
    primary key (environment_id, calendar_id, position),
    unique (environment_id, calendar_id, rule_id)
);

create table event_{leaves}_{leaf} (
    like event including defaults including constraints,
    -- In this order, so that no plan reads a calendar's whole history by it.
    primary key (event_id, calendar_id, environment_id),
    -- The second line of defence: whatever a program does, two events that were booked as the only
    -- one at their time never overlap. (Ranges of one number instead of the "=" of btree_gist,
    -- which not every server has.)
    constraint event_{leaves}_{leaf}_never_twice exclude using gist (
        int8range(calendar_id, calendar_id, '[]') with &&,
        int8range(environment_id, environment_id, '[]') with &&,
        int8range(start_at, end_at) with &&
    ) where (exclusive and claims)
);

create index on event_{leaves}_{leaf} (environment_id, calendar_id, start_at, event_id);

-- Which time is taken is answered from these two indexes. An event of up to a day is found by
-- where it starts; the few longer ones by where they end. Both ends are keys: what is merely
-- included is looked at only after the row was fetched.
create index on event_{leaves}_{leaf} (environment_id, calendar_id, start_at, end_at)
    include (type, hold_expires_at, event_id)
    where claims and end_at - start_at <= 86400000000;
create index on event_{leaves}_{leaf} (environment_id, calendar_id, end_at, start_at)
    include (type, hold_expires_at, event_id)
    where claims and end_at - start_at > 86400000000;

create index on calendar_{leaves}_{leaf} (environment_id, resource_id)
    where resource_id is not null;
create index on event_{leaves}_{leaf} (environment_id, calendar_id) where start_date is not null;

-- Few: a hold that is confirmed, released or swept is no longer in it.
create index on event_{leaves}_{leaf} (environment_id, calendar_id, held_by, hold_expires_at)
    where status = 'tentative' and hold_expires_at is not null;

alter table calendar attach partition calendar_{leaves}_{leaf}
    for values with (modulus {leaves}, remainder {leaf});
alter table availability_rule attach partition availability_rule_{leaves}_{leaf}
    for values with (modulus {leaves}, remainder {leaf});
alter table event attach partition event_{leaves}_{leaf}
    for values with (modulus {leaves}, remainder {leaf});
