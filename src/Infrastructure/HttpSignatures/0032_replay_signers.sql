-- The first 16 characters of the signer's ID, to count what each signer holds. Rows from before this run out within two minutes.
alter table registry.replay_guard add column signer text not null default '';
