-- Another address that the peer has given in a notice, until it was met there; null if there is none.
alter table registry.peer_contacts add column announced text null;
