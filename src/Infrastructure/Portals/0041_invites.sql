-- Which invite a code is for. Codes are hashed; what became of an invite is in the events.
create table registry.invites (
    portal_id text not null,
    code bytea not null,
    id text not null,
    primary key (portal_id, code)
);
