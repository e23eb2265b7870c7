-- The one live pairing code of each Portal, as SHA-256. Used up: no tries left.
create table registry.pairing_codes (
    portal_id text primary key,
    hash bytea not null,
    expires_at timestamptz not null,
    tries int not null
);
