-- The tables of Wolverine 6.62, as it would create them. MessageSchemaTests says when a later version wants others.
create table registry.wolverine_incoming_envelopes (
    id uuid not null constraint pkey_wolverine_incoming_envelopes_id primary key, status varchar not null, owner_id int not null,
    execution_time timestamptz, attempts int default 0, body bytea not null, message_type varchar not null, received_at varchar,
    keep_until timestamptz, "timestamp" timestamptz default now());
create index idx_wolverine_incoming_envelopes_keep_until on registry.wolverine_incoming_envelopes (keep_until) where status = 'Handled';
create index idx_wolverine_incoming_envelopes_owner on registry.wolverine_incoming_envelopes (owner_id) where owner_id <> 0;
create index idx_wolverine_incoming_envelopes_recover on registry.wolverine_incoming_envelopes (received_at) where status = 'Incoming' and owner_id = 0;
create index idx_wolverine_incoming_envelopes_scheduled on registry.wolverine_incoming_envelopes (execution_time) where status = 'Scheduled';

create table registry.wolverine_outgoing_envelopes (
    id uuid not null constraint pkey_wolverine_outgoing_envelopes_id primary key, owner_id int not null, destination varchar not null,
    deliver_by timestamptz, body bytea not null, attempts int default 0, message_type varchar not null);
create index idx_wolverine_outgoing_envelopes_owner on registry.wolverine_outgoing_envelopes (owner_id) where owner_id <> 0;
create index idx_wolverine_outgoing_envelopes_recover on registry.wolverine_outgoing_envelopes (destination) where owner_id = 0;

create table registry.wolverine_dead_letters (
    id uuid not null constraint pkey_wolverine_dead_letters_id primary key, execution_time timestamptz, body bytea not null,
    message_type varchar not null, received_at varchar, source varchar, exception_type varchar, exception_message varchar,
    sent_at timestamptz, replayable boolean, failure_group varchar(100), failure_title varchar(500), failed_at timestamptz,
    first_failed_at timestamptz, replay_count int, last_replayed_at timestamptz, archived_at timestamptz);
create index idx_wolverine_dead_letters_failure_group on registry.wolverine_dead_letters (failure_group);
create index idx_wolverine_dead_letters_replayable on registry.wolverine_dead_letters (replayable) where replayable = true;

create table registry.wolverine_dead_letter_history (
    id uuid not null constraint pkey_wolverine_dead_letter_history_id primary key, replay_count int, last_replayed_at timestamptz,
    first_failed_at timestamptz);
create index idx_wolverine_dead_letter_history_last_replayed_at on registry.wolverine_dead_letter_history (last_replayed_at);

create table registry.wolverine_nodes (
    id uuid not null constraint pkey_wolverine_nodes_id primary key, node_number serial not null, description varchar not null,
    uri varchar not null, started timestamptz default now() not null, health_check timestamptz default now() not null, version varchar,
    capabilities text[]);
create table registry.wolverine_node_assignments (
    id varchar not null constraint pkey_wolverine_node_assignments_id primary key,
    node_id uuid constraint fkey_wolverine_node_assignments_node_id references registry.wolverine_nodes (id) on delete cascade,
    started timestamptz default now() not null);
create table registry.wolverine_node_records (
    id serial constraint pkey_wolverine_node_records_id primary key, node_number int not null, event_name varchar not null,
    "timestamp" timestamptz default now() not null, description varchar);
create table registry.wolverine_control_queue (
    id uuid not null constraint pkey_wolverine_control_queue_id primary key, message_type varchar not null, node_id uuid not null,
    body bytea not null, posted timestamptz default now() not null, expires timestamptz);
create table registry.wolverine_agent_restrictions (
    id uuid not null constraint pkey_wolverine_agent_restrictions_id primary key, uri varchar not null, type varchar not null,
    node int default 0 not null);
