-- What a peer says of itself. Never an event: it changes as often as the peer likes.
create table registry.peer_profiles (
    portal_id text not null,
    short_id text not null,
    description text null,
    picture bytea null,
    picture_etag text null,
    primary key (portal_id, short_id)
);
