-- The last backup that succeeded, and when this database was restored from one. One row.
create table registry.backups (
    one boolean primary key default true check (one),
    made_at timestamptz not null,
    restored_at timestamptz null
);
