-- Calls of apps that are delivered later. Never an event: they are an app's messages, deleted after days.
create table registry.deferred_calls (
    portal_id text not null,
    id uuid not null,
    position bigint generated always as identity,
    app text not null,
    peer text not null,
    key text not null,
    fingerprint bytea not null,
    method text not null,
    target text not null,
    -- Names and values in turn; empty once the call does not wait any more.
    fields text[] not null,
    -- Null once the call does not wait any more.
    body bytea null,
    -- Of the request while the call waits, then of the answer's body.
    bytes bigint not null,
    state text not null,
    accepted_at timestamptz not null,
    attempts int not null default 0,
    -- How often it failed in a way that lets the others of its queue go first.
    set_back int not null default 0,
    reason text null,
    ended_at timestamptz null,
    -- When delivery is given up or, after the end, the row is deleted.
    expires_at timestamptz not null,
    status int null,
    answer_fields text[] not null default '{}',
    answer bytea null,
    receipt jsonb null,
    primary key (portal_id, id),
    unique (portal_id, app, key)
);
create index deferred_calls_waiting on registry.deferred_calls (portal_id, app, peer, set_back, position) where state = 'Waiting';
create index deferred_calls_expiring on registry.deferred_calls (expires_at);

-- One row for each app and peer with waiting calls: who delivers them, and when to try again.
create table registry.deferred_queues (
    portal_id text not null,
    app text not null,
    peer text not null,
    failures int not null default 0,
    next_attempt_at timestamptz null,
    claim uuid null,
    claimed_until timestamptz null,
    primary key (portal_id, app, peer)
);
