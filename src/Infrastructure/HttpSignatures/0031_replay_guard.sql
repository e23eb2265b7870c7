-- Signatures that were accepted, for as long as they would be accepted again; only used where several nodes share the database.
create table registry.replay_guard (
    key bytea primary key,
    until bigint not null
);
create index on registry.replay_guard (until);
