-- A pairing code says by a public selector which code is meant. Codes without one live ten minutes and are not worth keeping.
delete from registry.pairing_codes;
alter table registry.pairing_codes add column selector text not null;
