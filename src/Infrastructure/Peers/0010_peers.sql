-- What is volatile about a peer, and the one to-do row that holds what it is to hear from us.
create table registry.peer_contacts (
    portal_id text not null,
    short_id text not null,
    wanted text not null,
    revision bigint not null default 0,
    delivered bigint not null default 0,
    -- The highest revision of a notice that was taken from its key.
    taken bigint not null default 0,
    domain text null,
    key_pem text null,
    invite text null,
    meet_due_at timestamptz null,
    doubted boolean not null default false,
    restated_at timestamptz null,
    is_reachable boolean null,
    last_seen_at timestamptz null,
    attempts int not null default 0,
    failing_since timestamptz null,
    tried_at timestamptz null,
    error_code text null,
    error_detail text null,
    error_at timestamptz null,
    next_attempt_at timestamptz null,
    wakes bigint not null default 0,
    leased_until timestamptz null,
    primary key (portal_id, short_id)
);

create index peer_contacts_due on registry.peer_contacts (next_attempt_at) where next_attempt_at is not null;

-- Strangers who have added us. Never an event: they may be many.
create table registry.peering_offers (
    portal_id text not null,
    id text not null,
    state text not null,
    name text null,
    domain text not null,
    revision bigint not null,
    network text not null,
    seen boolean not null default false,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    primary key (portal_id, id)
);
