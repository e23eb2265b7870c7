-- Private keys, sealed; their public halves are in the events.
create table registry.portal_keys (
    portal_id text primary key,
    sealed bytea not null
);
