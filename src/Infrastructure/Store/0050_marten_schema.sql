-- The schema that Marten applied last, so that a start without a change need not compare it.
create table registry.marten_schema (
    one boolean primary key default true check (one),
    fingerprint text not null,
    applied_at timestamptz not null default now()
);
