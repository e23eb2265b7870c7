-- When the owner asked for the contact that is due; null where none was asked for.
alter table registry.peer_contacts add column asked_at timestamptz null;

-- What is due is found for each Portal by itself, so that none waits behind another's.
drop index registry.peer_contacts_due;
create index peer_contacts_due on registry.peer_contacts (portal_id, next_attempt_at) where next_attempt_at is not null;
create index peer_contacts_asked on registry.peer_contacts (portal_id, asked_at) where asked_at is not null;
