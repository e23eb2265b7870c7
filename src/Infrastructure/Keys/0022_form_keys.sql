-- Keys of ASP.NET's data protection, sealed under the master key.
create table registry.form_keys (
    id text primary key,
    sealed bytea not null
);
