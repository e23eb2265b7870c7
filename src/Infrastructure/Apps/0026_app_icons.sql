-- The icons of apps. Their hash and type are in the events, their bytes only here.
create table registry.app_icons (
    portal_id text not null,
    app text not null,
    bytes bytea not null,
    primary key (portal_id, app)
);
