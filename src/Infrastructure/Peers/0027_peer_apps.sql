-- The apps that a mutual peer says we may use on its Portal. Never an event: it is the peer's word, and changes as often as the peer likes.
create table registry.peer_apps (
    portal_id text not null,
    short_id text not null,
    apps text[] not null,
    primary key (portal_id, short_id)
);
