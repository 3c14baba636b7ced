-- Event rules and what came of them. They belong to no calendar, and there are few.

create table event_rule (
    environment_id bigint not null references environment on delete cascade,
    event_rule_id bigint not null,
    name text not null,
    trigger_name text not null,
    minutes_before bigint,
    condition_text text,
    actions text not null,
    enabled boolean not null,
    sealed_secret text,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (environment_id, event_rule_id)
);

create table delivery (
    environment_id bigint not null references environment on delete cascade,
    event_rule_id bigint not null,
    delivery_id text not null,
    means text not null,
    event_name text not null,
    event_id bigint,
    attempt bigint not null,
    at bigint not null,
    outcome text not null,
    http_status bigint,
    duration_ms bigint not null,
    trouble text,
    primary key (environment_id, event_rule_id, delivery_id, attempt)
);

create index delivery_by_age on delivery (environment_id, event_rule_id, at);
