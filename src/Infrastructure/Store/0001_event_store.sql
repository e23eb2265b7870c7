-- Streams and events as Marten 9 lays them out (StreamIdentity.AsString, TenancyStyle.Conjoined, correlation id, causation id
-- and headers enabled), so that Marten can open this database.
create table registry.mt_streams (
    tenant_id varchar not null default '*DEFAULT*',
    id varchar not null,
    type varchar null,
    version bigint null,
    timestamp timestamptz not null default now(),
    created timestamptz not null default now(),
    is_archived boolean null default false,
    constraint pkey_mt_streams_tenant_id_id primary key (tenant_id, id)
);

create sequence registry.mt_events_sequence;

create table registry.mt_events (
    seq_id bigint not null,
    id uuid not null,
    stream_id varchar null,
    version bigint not null,
    data jsonb not null,
    bdata bytea null,
    type varchar(500) not null,
    timestamp timestamptz not null default now(),
    tenant_id varchar null default '*DEFAULT*',
    mt_dotnet_type varchar null,
    correlation_id varchar null,
    causation_id varchar null,
    headers jsonb null,
    is_archived boolean null default false,
    constraint pkey_mt_events_seq_id primary key (seq_id),
    constraint fkey_mt_events_stream_id_tenant_id foreign key (tenant_id, stream_id)
        references registry.mt_streams (tenant_id, id)
);

alter sequence registry.mt_events_sequence owned by registry.mt_events.seq_id;

create unique index pk_mt_events_stream_and_version on registry.mt_events (tenant_id, stream_id, version);

create table registry.mt_event_progression (
    name varchar not null,
    last_seq_id bigint null,
    last_updated timestamptz null default transaction_timestamp(),
    constraint pk_mt_event_progression primary key (name)
);

-- Called only where an append finds another version than it expected: ends the whole batch.
create function registry.stale_version() returns bigint language plpgsql volatile as $$
begin
    raise exception 'stale version' using errcode = 'PR001';
end $$;

-- Which number of each read model its table holds.
create table registry.read_models (
    table_name text primary key,
    number text not null,
    built_at timestamptz not null default now()
);

-- Hashed tokens of devices, apps and app sessions.
create table registry.credentials (
    portal_id text not null,
    hash bytea not null,
    kind text not null,
    holder text not null,
    app text null,
    expires_at timestamptz null,
    primary key (portal_id, hash)
);

-- Rises with every change to a Portal's credentials, so that nodes know when to read them again.
create table registry.credential_revisions (
    portal_id text primary key,
    revision bigint not null
);
