-- What apps with a webhook were told of their peers, and the events that wait to be posted to them.
create table registry.webhooks (
    portal_id text not null,
    app text not null,
    registered bigint not null,         -- when the app was registered, in Unix ms; a later registration begins anew
    version bigint not null,            -- raised with everything that is told, so that one of several nodes tells it
    claimed_until timestamptz,          -- while a process posts the app's events
    primary key (portal_id, app)
);

-- The state of each peer that an app was last told, or will be by an event that waits.
create table registry.webhook_peers (
    portal_id text not null,
    app text not null,
    short_id text not null,
    peer_id text not null,
    name text not null,
    domain text not null,
    status text not null,
    is_reachable boolean,
    primary key (portal_id, app, short_id),
    foreign key (portal_id, app) references registry.webhooks on delete cascade
);

-- One row at most for each peer and each aspect of it, so that an app which is away for long has no more to hear than what has changed.
create table registry.webhook_events (
    number bigserial not null,          -- the order in which the events of one peer are posted; never shown
    portal_id text not null,
    app text not null,
    id text not null unique,
    short_id text not null,
    peer_id text not null,
    aspect text not null,
    kind text not null,
    body text not null,
    created_at timestamptz not null,
    attempts int not null default 0,
    next_attempt_at timestamptz not null,
    give_up_at timestamptz not null,    -- the first attempt from then on is the last
    given_up_at timestamptz,
    error text,
    status int,
    primary key (portal_id, app, peer_id, aspect),
    foreign key (portal_id, app) references registry.webhooks on delete cascade
);
