-- The history of one Portal in the order of its events, however many events other Portals have behind it.
create index mt_events_portal_sequence on registry.mt_events (tenant_id, seq_id);
