-- The picture a Portal shows of its owner. Its hash and type are in the events, its bytes only here.
create table registry.avatars (
    portal_id text primary key,
    bytes bytea not null
);
