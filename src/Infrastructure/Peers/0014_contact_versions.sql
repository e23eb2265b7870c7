-- A contact is loaded, decided and stored with the version that was loaded, so the rules of its schedule are in one place outside SQL.
alter table registry.peer_contacts add column version bigint not null default 0;
alter table registry.peer_contacts rename column meet_due_at to identify_at;
alter table registry.peer_contacts rename column tried_at to contacted_at;
alter table registry.peer_contacts rename column wakes to schedule;
alter table registry.peer_contacts rename column leased_until to claimed_until;
