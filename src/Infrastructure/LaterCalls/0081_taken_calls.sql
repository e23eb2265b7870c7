-- The keys of calls that peers wanted delivered once and that were handed to an app here.
create table registry.taken_calls (
    portal_id text not null,
    app text not null,
    signer text not null,
    key text not null,
    fingerprint bytea not null,
    -- What the app has answered; null while it has not, or if that is not known.
    status int null,
    taken_at timestamptz not null,
    primary key (portal_id, app, signer, key)
);
create index taken_calls_by_age on registry.taken_calls (taken_at);
