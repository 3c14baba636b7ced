-- All-day events, calendars of a resource, monthly and ending rules, metadata of events.

alter table calendar add column resource_id bigint;
alter table availability_rule add column day_of_month bigint;
alter table availability_rule add column until text;
alter table availability_rule add column name text;
alter table event add column start_date text;
alter table event add column end_date text;
alter table event add column metadata text;
