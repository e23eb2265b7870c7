-- The wish of the notice whose revision is in "taken"; null before the first notice, and for revisions taken by earlier versions.
alter table registry.peer_contacts add column taken_wish text null;
