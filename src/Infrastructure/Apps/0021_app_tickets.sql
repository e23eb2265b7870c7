-- Ways in for browsers, 30 seconds, by SHA-256 of the ticket.
create table registry.app_tickets (
    portal_id text not null,
    hash bytea not null,
    app text not null,
    device text not null,
    state text not null,
    target text not null,
    expires_at timestamptz not null,
    primary key (portal_id, hash)
);
