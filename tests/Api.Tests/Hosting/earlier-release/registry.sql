-- A database of release 1 (commit d311a87): Anna's of ./run demo, with two devices, peers in every state, an app, an invite and an avatar.
set standard_conforming_strings = on;

CREATE SCHEMA registry;

CREATE FUNCTION registry.stale_version() RETURNS bigint
    LANGUAGE plpgsql
    AS $$
begin
    raise exception 'stale version' using errcode = 'PR001';
end $$;

CREATE TABLE registry.app_list (
    portal_id text NOT NULL,
    key text NOT NULL,
    version bigint NOT NULL,
    "row" jsonb
);

CREATE TABLE registry.app_tickets (
    portal_id text NOT NULL,
    hash bytea NOT NULL,
    app text NOT NULL,
    device text NOT NULL,
    state text NOT NULL,
    target text NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

CREATE TABLE registry.avatars (
    portal_id text NOT NULL,
    bytes bytea NOT NULL
);

CREATE TABLE registry.credential_revisions (
    portal_id text NOT NULL,
    revision bigint NOT NULL
);

CREATE TABLE registry.credentials (
    portal_id text NOT NULL,
    hash bytea NOT NULL,
    kind text NOT NULL,
    holder text NOT NULL,
    app text,
    expires_at timestamp with time zone
);

CREATE TABLE registry.device_list (
    portal_id text NOT NULL,
    key text NOT NULL,
    version bigint NOT NULL,
    "row" jsonb
);

CREATE TABLE registry.form_keys (
    id text NOT NULL,
    sealed bytea NOT NULL
);

CREATE TABLE registry.invites (
    portal_id text NOT NULL,
    code bytea NOT NULL,
    id text NOT NULL
);

CREATE TABLE registry.migrations (
    number integer NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE registry.mt_event_progression (
    name character varying NOT NULL,
    last_seq_id bigint,
    last_updated timestamp with time zone DEFAULT transaction_timestamp()
);

CREATE TABLE registry.mt_events (
    seq_id bigint NOT NULL,
    id uuid NOT NULL,
    stream_id character varying,
    version bigint NOT NULL,
    data jsonb NOT NULL,
    bdata bytea,
    type character varying(500) NOT NULL,
    "timestamp" timestamp with time zone DEFAULT now() NOT NULL,
    tenant_id character varying DEFAULT '*DEFAULT*'::character varying,
    mt_dotnet_type character varying,
    correlation_id character varying,
    causation_id character varying,
    headers jsonb,
    is_archived boolean DEFAULT false
);

CREATE SEQUENCE registry.mt_events_sequence
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE registry.mt_events_sequence OWNED BY registry.mt_events.seq_id;

CREATE TABLE registry.mt_streams (
    tenant_id character varying DEFAULT '*DEFAULT*'::character varying NOT NULL,
    id character varying NOT NULL,
    type character varying,
    version bigint,
    "timestamp" timestamp with time zone DEFAULT now() NOT NULL,
    created timestamp with time zone DEFAULT now() NOT NULL,
    is_archived boolean DEFAULT false
);

CREATE TABLE registry.pairing_codes (
    portal_id text NOT NULL,
    hash bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    tries integer NOT NULL
);

CREATE TABLE registry.peer_contacts (
    portal_id text NOT NULL,
    short_id text NOT NULL,
    wanted text NOT NULL,
    revision bigint DEFAULT 0 NOT NULL,
    delivered bigint DEFAULT 0 NOT NULL,
    taken bigint DEFAULT 0 NOT NULL,
    domain text,
    key_pem text,
    invite text,
    meet_due_at timestamp with time zone,
    doubted boolean DEFAULT false NOT NULL,
    restated_at timestamp with time zone,
    is_reachable boolean,
    last_seen_at timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    failing_since timestamp with time zone,
    tried_at timestamp with time zone,
    error_code text,
    error_detail text,
    error_at timestamp with time zone,
    next_attempt_at timestamp with time zone,
    wakes bigint DEFAULT 0 NOT NULL,
    leased_until timestamp with time zone
);

CREATE TABLE registry.peer_list (
    portal_id text NOT NULL,
    key text NOT NULL,
    version bigint NOT NULL,
    "row" jsonb
);

CREATE TABLE registry.peer_profiles (
    portal_id text NOT NULL,
    short_id text NOT NULL,
    description text,
    picture bytea,
    picture_etag text
);

CREATE TABLE registry.peering_offers (
    portal_id text NOT NULL,
    id text NOT NULL,
    state text NOT NULL,
    name text,
    domain text NOT NULL,
    revision bigint NOT NULL,
    network text NOT NULL,
    seen boolean DEFAULT false NOT NULL,
    first_seen_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL
);

CREATE TABLE registry.portal_keys (
    portal_id text NOT NULL,
    sealed bytea NOT NULL
);

CREATE TABLE registry.portal_list (
    portal_id text NOT NULL,
    key text NOT NULL,
    version bigint NOT NULL,
    "row" jsonb
);

CREATE TABLE registry.read_models (
    table_name text NOT NULL,
    number text NOT NULL,
    built_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE registry.replay_guard (
    key bytea NOT NULL,
    until bigint NOT NULL
);

INSERT INTO registry.app_list VALUES ('sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'postcards', 4, '{"meta": {"icon": "icon.svg", "name": "postcards", "rules": [{"access": "Private", "prefix": "", "headers": {"X-Ptl-Client-Id": "{{ auth.client_id }}", "X-Ptl-Client-Name": "{{ auth.client_name }}", "X-Ptl-Client-Type": "{{ auth.client_type }}"}}, {"access": "Peer", "prefix": "/postcards", "headers": {"X-Ptl-Client-Id": "{{ auth.client_id }}", "X-Ptl-Client-Name": "{{ auth.client_name }}", "X-Ptl-Client-Type": "{{ auth.client_type }}"}}], "homepage": null, "lifecycle": {"alwaysOn": true, "skipPause": false, "idleForStop": null, "idleForPause": null}, "appVersion": "1.0.0", "prettyName": "Postcards", "entrypoints": [{"port": 80, "protocol": "http", "container": "postcards"}], "upstreamRepo": null, "minimumPortalSize": "xs"}, "name": "postcards", "hasToken": true, "visibility": {"mode": "Some", "peers": ["65cerx3j5dykaranhv997d5rj6vkyqghrj40s6k1jwhy3r92p9tnxcta199btn7g28e2p7sacgdd98vvews0x7v9p0dxgxpfbb4we8a"]}, "registeredAt": "2026-11-25T21:48:39.857921+00:00"}');

INSERT INTO registry.avatars VALUES ('sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', '\x89504e470d0a1a0a0000000d49484452000000080000000808020000004b6d29dc0000001149444154789c63687050c08a1886960400fa033801caeedbfa0000000049454e44ae426082');

INSERT INTO registry.credential_revisions VALUES ('sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 7);

INSERT INTO registry.credentials VALUES ('sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', '\x52634bfbde76db349c31df84116bba8cbfefd54d567ddaf0f0ea5ea7f2b1ad9d', 'Device', 'jkrhwwj5j2ce8le8', NULL, '2027-02-23 21:48:38.196269+00');
INSERT INTO registry.credentials VALUES ('sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', '\xd7a71e3137c448ac7d5611eb37057ae0b4fedc0ae2abf90b2426cbe156e4491c', 'App', 'postcards', NULL, NULL);
INSERT INTO registry.credentials VALUES ('sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', '\xb0fd9486bfb3afaaefa91afb099712b58283f024282040dd8ab99d8baa126ede', 'AppSession', 'jkrhwwj5j2ce8le8', 'postcards', '2027-02-23 21:49:24.569957+00');
INSERT INTO registry.credentials VALUES ('sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', '\xebcd370f0309cec416a3acbd1520df9ccdb5bb93f664eea0effa338cbfaf0884', 'AppSession', 'jkrhwwj5j2ce8le8', 'postcards', '2027-02-23 21:49:26.083964+00');
INSERT INTO registry.credentials VALUES ('sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', '\xe691b4e55a64d0c8ef0eecd989b4d264a1214e6b83152c8c031281b501d33b10', 'AppSession', 'jkrhwwj5j2ce8le8', 'postcards', '2027-02-23 21:49:28.143158+00');
INSERT INTO registry.credentials VALUES ('sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', '\x6f47a579d98a1e2e12a206d7be3dc4e5bb81a4140f73b641a30f3c4228ccc76d', 'Device', 'z3t79d1f2k68n5xs', NULL, '2027-02-23 21:49:57.209238+00');
INSERT INTO registry.credentials VALUES ('sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', '\x9fb534a0aca3398e7d9d9880d9948504cfe056b0e8affde9c36bcac71acb581f', 'AppSession', 'z3t79d1f2k68n5xs', 'postcards', '2027-02-23 21:50:01.976787+00');

INSERT INTO registry.device_list VALUES ('sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'jkrhwwj5j2ce8le8', 1, '{"id": "jkrhwwj5j2ce8le8", "name": "Demo", "pairedAt": "2026-11-25T21:48:38.241448+00:00"}');
INSERT INTO registry.device_list VALUES ('sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'z3t79d1f2k68n5xs', 1, '{"id": "z3t79d1f2k68n5xs", "name": "Auditor laptop", "pairedAt": "2026-11-25T21:49:57.20963+00:00"}');

INSERT INTO registry.form_keys VALUES ('key-ceecb3ff-20aa-4819-b849-d2281c5c360e', '\x6d70fd4436a74015ef72caed569e6f615a7b915fb60f7e7b6b8d5fa854597d3fd07cd6ea3afbb6f2887eb0ca8f4d2928b2b997b0275f4f6495ea1a2264bd239453661cea63a7c0ebd024756e2898544b08281978a18a08de58677668de535edc467d9c7be822c0a8975de18047d86c6bf16bbfb18cb261bceb4d7e9400aeea2f6eaf152c5f7310ff783a0a75f49f36c8db81ae0a396e037929bfd36d51167a9115979bf817846d5e9e7a2252bfc25468f089433d12221be0e743e986f0eb7131aed6f3b6aab04fdd1e6537b3c7273a07ff5844d5f7170bac384ba2fd86843ed34e558c6d9e0b72053a14b831d84e8c5bbae6f9e9db4624cfcc569b4bfe97572dccebdd3cd0eda83da8ef74684b8fac0a00b045d97a179a0c09a96ab2b2c9510ea682ce2ac1b297221898a4577ebf4620dcf1b433657edbeda4ecda0ddc53469aaa0968403fa66b42c0faac99c534a891f1f40a059f060f73c47d24dc20e325d0ce25ea43c54cea6236216b4e2b9b071b518071d0d68d1cd8f7c79ad124d9b8b4e6dd294a3d5c54399c1c9225494f0bf33e955e89a6a261643a10b69c06b6b199136e3f737dea13facda5c362dc5f650e441603a2dc1aa7d0491e45067dee210166a0ab0ef9a2672f77623dae776f939ed05214f4173fd7ba742161c023bc1a5fe1a615545dff28df182ada3c4e4b3daeda8f6021eae3d4a73bd0a42665d50acbc8be823c42c0d05b05349ab68208a23dbbe85f54743fd1255a97ad89c0329791b1b5f59fe9c7b379dfdbd9b6e450d46a9ea9f3f4e9eb360c96db844f1d4dfead2b4c23939f25c021af15a817cc081e752e66ab952b63a91f9681a518405aba828aa9bd20582c8c224d2db517707de56c66b6bc048076cf80d689657f1c341695f4dca118385f446586fb9f6d2b90b271b227a7e26c316b8cf15a04e966035cdf9b527a5f8bab6fc4ff361af2447be40fb73e97e75189e1da88784dbcc4f44ab7469a4d559d466688045338e2ace669c2ed84c49b47d149f9fbedd6887bdef60d54c75a8741cfc6f50c1ca1adac9b1ad8594313fac395520138d9e177572f662313e0d68c01619936d3850b37f2747afffb4383ea0b14cda90bea6e41ce44ce4bea9c54cd5ac3400217e713c5eef512edc68ccf0a2ccf1cabd13a0800a4fa5f673e3b375845ef9c79cf6827dabb760b61b3d02e8dd66d0a10f7258219e5f72575c3f78283474d0784856a979fa88932ac8fa0ffb6237b4af7716fd2d583abafd713fbbd9c90b3cf38f4f9a87b1ba88429aa2073d40672391aa449a3ba8ad9424a6d90f9e973d0cceb56bf55cdce7668e7c790fdaa865204a2b1f067851d3b4fcfc067d3f5a145850377e4d372b7e056ade3d22ffec5e575c1ab1f73b37123062a65b59ca36a1dc56fda323f86c5dcdfa4ade83ef57d5ec509143a0dcfdee728e5da05dd57cf9f1fe9df363cf47ee480e83fd91a4de1e396e717c46d78cce05ddf16551007e71a07cc24137285d33b43fa065f5090235c2cca66a6e759b88889164bd6551d9106f5cfa77d7d29181ba9477c2f5831b61497cab800aba9e0cd488e69a58013acf5e19e5c862e2d7f91ad87e48020810cc3640c4dbac92d67fd2a485ade63877d876f68c948bc93fc85cfa79221182c16ecd23ebc978e8d4f8b5a9f2abc7b82b4ba3b04d1e48e43607d28e803cbfcc4438b88a11ed432ff8486b6c8dc2a5304a97435ee3fa285c4e12fe52e50009d23911a990814eefc16d7d7a811357205125f7a0a8ff513ce3cc2f5bef8deee258510');

INSERT INTO registry.invites VALUES ('sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', '\x4dea8228797db8ead1b72be2d14d8f545b76dcc5f9f66a2cb82c81ff9e0a01fa', 'dcl7c5x6en1zerr4');

INSERT INTO registry.migrations VALUES (1, 'event_store', 'ac2ddfff8ccad327eb919ffeac7f6364279fba1711eabf8bcbaab69fabec618c', '2026-11-25 21:48:15.754367+00');
INSERT INTO registry.migrations VALUES (10, 'peers', '059cf9a67270996c852e148f2bfd144c340f2b9fa405ced023c566751e02aef5', '2026-11-25 21:48:16.089047+00');
INSERT INTO registry.migrations VALUES (11, 'peer_profiles', 'f2010cbc915edaf996fdd231c6149c36084852828218b6223d81e358f200cf62', '2026-11-25 21:48:16.156098+00');
INSERT INTO registry.migrations VALUES (20, 'pairing_codes', '0b6a3ab07a10568df626f72377121cac6c95ca8473e36dc0e783863892e1157f', '2026-11-25 21:48:16.173723+00');
INSERT INTO registry.migrations VALUES (21, 'app_tickets', 'e1a185896bdaf2e0037b17d738287df9876dcdfc2154eafc0b356a7198f6bd43', '2026-11-25 21:48:16.178383+00');
INSERT INTO registry.migrations VALUES (22, 'form_keys', 'c6df993de2688feb37593b1230dc5b98f6c56e602c95b5c0ec8cf45d6bdfd8ab', '2026-11-25 21:48:16.183738+00');
INSERT INTO registry.migrations VALUES (30, 'keys', '900637e31212995f8c013757f6ceef6d142760c1f378383fb89fc108438ef3fa', '2026-11-25 21:48:16.198312+00');
INSERT INTO registry.migrations VALUES (31, 'replay_guard', '5eb0ac50625eac0a3e4a6a473f352cb9e07155fdf20b906a5b0ddd607dcdd4df', '2026-11-25 21:48:16.229471+00');
INSERT INTO registry.migrations VALUES (40, 'avatars', 'b9d19001698b1c37ebcf3a2dc5bb3f5260a63d1058a8b5dc3cc3a46113cf2564', '2026-11-25 21:48:16.249834+00');
INSERT INTO registry.migrations VALUES (41, 'invites', '1c83c824b027845045768bd0787361b63fd064e98787d62d48e0b556e4452c82', '2026-11-25 21:48:16.281872+00');

INSERT INTO registry.mt_events VALUES (1, '51b3a327-1a58-4432-b102-2ae35ec448cc', 'portal', 1, '{"id": "sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da", "key": "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAo9v9kpQXQ44VlCXNT2J0oKO3PfHgXqwHfmTBpvUNrYI=\n-----END PUBLIC KEY-----\n", "name": "Anna", "zone": "anna.localhost"}', NULL, 'portal_created', '2026-11-25 21:48:17.585196+00', 'sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'PeerRegistry.Domain.Portals.PortalCreated, PeerRegistry.Domain', 'c052fbef9c01da8ea1afec8459b23a6f', 'bd1aa6b2fe50427a', '{"actor": "system"}', false);
INSERT INTO registry.mt_events VALUES (2, '1591f53f-d79b-4525-8231-244f028408a1', 'device-jkrhwwj5j2ce8le8', 1, '{"id": "jkrhwwj5j2ce8le8", "name": "Demo"}', NULL, 'device_paired', '2026-11-25 21:48:38.241448+00', 'sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'PeerRegistry.Domain.Devices.DevicePaired, PeerRegistry.Domain', '9ee668210bacb8e96926b0d073f06813', 'cfde8c8a30c5817e', '{"actor": "device:jkrhwwj5j2ce8le8"}', false);
INSERT INTO registry.mt_events VALUES (3, 'c689b53a-bb71-4e07-a5ac-b520e0efd7b4', 'app-postcards', 1, '{"meta": {"icon": "icon.svg", "name": "postcards", "rules": [{"access": "Private", "prefix": "", "headers": {"X-Ptl-Client-Id": "{{ auth.client_id }}", "X-Ptl-Client-Name": "{{ auth.client_name }}", "X-Ptl-Client-Type": "{{ auth.client_type }}"}}, {"access": "Peer", "prefix": "/postcards", "headers": {"X-Ptl-Client-Id": "{{ auth.client_id }}", "X-Ptl-Client-Name": "{{ auth.client_name }}", "X-Ptl-Client-Type": "{{ auth.client_type }}"}}], "homepage": null, "lifecycle": {"alwaysOn": true, "skipPause": false, "idleForStop": null, "idleForPause": null}, "appVersion": "1.0.0", "prettyName": "Postcards", "entrypoints": [{"port": 80, "protocol": "http", "container": "postcards"}], "upstreamRepo": null, "minimumPortalSize": "xs"}}', NULL, 'app_registered', '2026-11-25 21:48:39.857921+00', 'sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'PeerRegistry.Domain.Apps.AppRegistered, PeerRegistry.Domain', '98dc71c5f0f2d25bd0bef0011a3684c1', 'b3975e8b47a96324', '{"actor": "device:jkrhwwj5j2ce8le8"}', false);
INSERT INTO registry.mt_events VALUES (4, 'f86087ca-63c1-49f6-9a51-227b0bc39528', 'app-postcards', 2, '{"name": "postcards"}', NULL, 'app_credential_issued', '2026-11-25 21:48:40.391382+00', 'sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'PeerRegistry.Domain.Apps.AppCredentialIssued, PeerRegistry.Domain', 'eefc868551a199db6d202a6349905556', 'f54b8f7ce1c1c78f', '{"actor": "device:jkrhwwj5j2ce8le8"}', false);
INSERT INTO registry.mt_events VALUES (5, 'b495424f-36c4-4a77-8d0d-d4d1ff97adae', 'peer-65cerx', 1, '{"id": "65cerx3j5dykaranhv997d5rj6vkyqghrj40s6k1jwhy3r92p9tnxcta199btn7g28e2p7sacgdd98vvews0x7v9p0dxgxpfbb4we8a", "typed": "65cerx3j5dykaranhv997d5rj6vkyqghrj40s6k1jwhy3r92p9tnxcta199btn7g28e2p7sacgdd98vvews0x7v9p0dxgxpfbb4we8a", "domain": "65cerx.ben.localhost", "address": "65cerx.ben.localhost", "petname": "Ben", "verification": "FullId"}', NULL, 'peer_added', '2026-11-25 21:49:19.579249+00', 'sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'PeerRegistry.Domain.Peers.PeerAdded, PeerRegistry.Domain', '8e7f6aac15194f2e82469ce300c684c1', '60438ae9179faac9', '{"actor": "device:jkrhwwj5j2ce8le8"}', false);
INSERT INTO registry.mt_events VALUES (6, '491f07f6-6534-4a45-8249-07688c931db9', 'peer-65cerx', 2, '{"id": "65cerx3j5dykaranhv997d5rj6vkyqghrj40s6k1jwhy3r92p9tnxcta199btn7g28e2p7sacgdd98vvews0x7v9p0dxgxpfbb4we8a", "key": "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA38o/8pruP0dYgmvhF1FY0pnwbm/8VbrseEPNtG04rXw=\n-----END PUBLIC KEY-----\n", "name": "Ben", "signed": true, "verification": "FullId"}', NULL, 'peer_key_pinned', '2026-11-25 21:49:23.660484+00', 'sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'PeerRegistry.Domain.Peers.PeerKeyPinned, PeerRegistry.Domain', 'd313ed4cc1b3fe44b72e572d858191f6', 'c8ca9a3bc129a521', '{"actor": "system"}', false);
INSERT INTO registry.mt_events VALUES (7, 'b4587b89-6b46-4c4f-ad2b-161de8675b1d', 'peer-65cerx', 3, '{"id": "65cerx3j5dykaranhv997d5rj6vkyqghrj40s6k1jwhy3r92p9tnxcta199btn7g28e2p7sacgdd98vvews0x7v9p0dxgxpfbb4we8a"}', NULL, 'peering_confirmed', '2026-11-25 21:49:23.925392+00', 'sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'PeerRegistry.Domain.Peers.PeeringConfirmed, PeerRegistry.Domain', '48660183ed14bf9f3d822564835a9c57', 'a1bbf31b2e05e50f', '{"actor": "peer:65cerx3j5dykaranhv997d5rj6vkyqghrj40s6k1jwhy3r92p9tnxcta199btn7g28e2p7sacgdd98vvews0x7v9p0dxgxpfbb4we8a"}', false);
INSERT INTO registry.mt_events VALUES (8, '1b671768-39cd-4991-be09-e3d57c2cdaff', 'app-postcards', 3, '{"name": "postcards", "visibility": {"mode": "All", "peers": []}}', NULL, 'app_visibility_set', '2026-11-25 21:49:25.962735+00', 'sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'PeerRegistry.Domain.Apps.AppVisibilitySet, PeerRegistry.Domain', '2f42efebc16fff698e4685d0078ebea5', '41cdb737e806a737', '{"actor": "device:jkrhwwj5j2ce8le8"}', false);
INSERT INTO registry.mt_events VALUES (9, 'eb6f7aab-3158-4d1e-a351-74218f91e621', 'device-z3t79d1f2k68n5xs', 1, '{"id": "z3t79d1f2k68n5xs", "name": "Auditor laptop"}', NULL, 'device_paired', '2026-11-25 21:49:57.20963+00', 'sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'PeerRegistry.Domain.Devices.DevicePaired, PeerRegistry.Domain', '5b699ab5b54e83d3a6a8d58e4ac07b30', '0ff37400264c03c2', '{"actor": "device:z3t79d1f2k68n5xs"}', false);
INSERT INTO registry.mt_events VALUES (10, 'beee1752-5eb8-410b-885e-f392fcf72ec5', 'portal', 2, '{"id": "sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da", "name": "Anna", "email": "anna@example.org", "description": "Grows **roses**.", "emailPublic": true}', NULL, 'profile_changed', '2026-11-25 21:50:00.346467+00', 'sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'PeerRegistry.Domain.Portals.ProfileChanged, PeerRegistry.Domain', 'b5afe50460ce6d19bf3745829eb81440', 'ae0139e9022fb42a', '{"actor": "device:z3t79d1f2k68n5xs"}', false);
INSERT INTO registry.mt_events VALUES (11, '4946fd6d-abd9-4621-ad28-bce368a46487', 'peer-65cerx', 4, '{"id": "65cerx3j5dykaranhv997d5rj6vkyqghrj40s6k1jwhy3r92p9tnxcta199btn7g28e2p7sacgdd98vvews0x7v9p0dxgxpfbb4we8a", "petname": "Benjamin"}', NULL, 'peer_renamed', '2026-11-25 21:50:00.510634+00', 'sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'PeerRegistry.Domain.Peers.PeerRenamed, PeerRegistry.Domain', '95afdc8e43aeea085d4b4d44bd3283b3', '42bd6af727975c2b', '{"actor": "device:z3t79d1f2k68n5xs"}', false);
INSERT INTO registry.mt_events VALUES (12, '2403c00f-ba49-44f1-847c-a4925ab22a2f', 'peer-zzzzzz', 1, '{"id": null, "typed": "zzzzzz00", "domain": "zzzzzz.example.org", "address": "zzzzzz.example.org", "petname": "Carla", "verification": "FirstUse"}', NULL, 'peer_added', '2026-11-25 21:50:00.730099+00', 'sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'PeerRegistry.Domain.Peers.PeerAdded, PeerRegistry.Domain', '4351919d5a7781af0f0ba55f9855d80b', '5ba13daa6d1c0317', '{"actor": "device:z3t79d1f2k68n5xs"}', false);
INSERT INTO registry.mt_events VALUES (13, '454cabcd-6c3c-4fd2-9641-d8ed823b98eb', 'peer-yyyyyy', 1, '{"id": null, "typed": "yyyyyy00", "domain": "yyyyyy.anna.localhost", "address": null, "petname": null, "verification": "FirstUse"}', NULL, 'peer_added', '2026-11-25 21:50:00.815223+00', 'sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'PeerRegistry.Domain.Peers.PeerAdded, PeerRegistry.Domain', 'b2f80aed8d4620059978d83d5fee20d5', 'd5b73979356d4856', '{"actor": "device:z3t79d1f2k68n5xs"}', false);
INSERT INTO registry.mt_events VALUES (14, '2ec7ff40-395b-4457-8ad6-2f97695f8688', 'peer-yyyyyy', 2, '{"id": null}', NULL, 'peer_removed', '2026-11-25 21:50:01.023668+00', 'sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'PeerRegistry.Domain.Peers.PeerRemoved, PeerRegistry.Domain', '5c6f41a3ad7081e117ebcef7bcc62c0d', 'f4cf7e23e6864d4d', '{"actor": "device:z3t79d1f2k68n5xs"}', false);
INSERT INTO registry.mt_events VALUES (15, '0a3310c1-3727-4a23-a5e4-b48230f907fc', 'peer-xxxxxx', 1, '{"id": null, "typed": "xxxxxx00", "domain": "xxxxxx.anna.localhost", "address": null, "petname": null, "verification": "FirstUse"}', NULL, 'peer_added', '2026-11-25 21:50:01.175762+00', 'sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'PeerRegistry.Domain.Peers.PeerAdded, PeerRegistry.Domain', '8e05a001fb57dc797e4fed13cea7e10c', '5e7cab738ac97a92', '{"actor": "device:z3t79d1f2k68n5xs"}', false);
INSERT INTO registry.mt_events VALUES (16, '0f6268a8-c93f-4f0e-8019-59a84a7521ba', 'peer-xxxxxx', 2, '{"id": null}', NULL, 'peer_blocked', '2026-11-25 21:50:01.408552+00', 'sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'PeerRegistry.Domain.Peers.PeerBlocked, PeerRegistry.Domain', '87525c03726e6b9834950675a9db98ca', '35e893c64e6bebf1', '{"actor": "device:z3t79d1f2k68n5xs"}', false);
INSERT INTO registry.mt_events VALUES (17, 'dfe1d74e-cc7f-4ac8-abe4-1783331c921f', 'portal', 3, '{"id": "sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da", "invite": "dcl7c5x6en1zerr4", "expiresAt": "2026-12-02T21:50:01.6349914+00:00"}', NULL, 'invite_created', '2026-11-25 21:50:01.665462+00', 'sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'PeerRegistry.Domain.Portals.InviteCreated, PeerRegistry.Domain', 'b63081d6a0be288ce478483998ff18d7', '4b8c7e08d23f1dae', '{"actor": "device:z3t79d1f2k68n5xs"}', false);
INSERT INTO registry.mt_events VALUES (18, 'f8c4f7ad-2475-4fc0-b6ec-802933fd015b', 'app-postcards', 4, '{"name": "postcards", "visibility": {"mode": "Some", "peers": ["65cerx3j5dykaranhv997d5rj6vkyqghrj40s6k1jwhy3r92p9tnxcta199btn7g28e2p7sacgdd98vvews0x7v9p0dxgxpfbb4we8a"]}}', NULL, 'app_visibility_set', '2026-11-25 21:50:01.849966+00', 'sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'PeerRegistry.Domain.Apps.AppVisibilitySet, PeerRegistry.Domain', '0087b4c939ee1517d3a3272b2f8224db', 'c14aaaa075839d59', '{"actor": "device:z3t79d1f2k68n5xs"}', false);
INSERT INTO registry.mt_events VALUES (19, '6fc5ec99-fa08-475a-a6a3-c059e467c0ea', 'portal', 4, '{"id": "sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da", "sha256": "5b906c3cbf2e676b86f7e0207ef0c7b3e6f844eb549f065e01a1f1e9869bcfa6", "mediaType": "image/png"}', NULL, 'avatar_changed', '2026-11-25 21:50:03.544486+00', 'sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'PeerRegistry.Domain.Portals.AvatarChanged, PeerRegistry.Domain', 'cd23ff57ef8d76a2e4824a2220600a13', 'eaa5baafcceb2e8a', '{"actor": "device:z3t79d1f2k68n5xs"}', false);

INSERT INTO registry.mt_streams VALUES ('sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'device-jkrhwwj5j2ce8le8', NULL, 1, '2026-11-25 21:48:38.241448+00', '2026-11-25 21:48:38.241448+00', false);
INSERT INTO registry.mt_streams VALUES ('sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'device-z3t79d1f2k68n5xs', NULL, 1, '2026-11-25 21:49:57.20963+00', '2026-11-25 21:49:57.20963+00', false);
INSERT INTO registry.mt_streams VALUES ('sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'peer-65cerx', NULL, 4, '2026-11-25 21:50:00.510634+00', '2026-11-25 21:49:19.579249+00', false);
INSERT INTO registry.mt_streams VALUES ('sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'peer-zzzzzz', NULL, 1, '2026-11-25 21:50:00.730099+00', '2026-11-25 21:50:00.730099+00', false);
INSERT INTO registry.mt_streams VALUES ('sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'peer-yyyyyy', NULL, 2, '2026-11-25 21:50:01.023668+00', '2026-11-25 21:50:00.815223+00', false);
INSERT INTO registry.mt_streams VALUES ('sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'peer-xxxxxx', NULL, 2, '2026-11-25 21:50:01.408552+00', '2026-11-25 21:50:01.175762+00', false);
INSERT INTO registry.mt_streams VALUES ('sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'app-postcards', NULL, 4, '2026-11-25 21:50:01.849966+00', '2026-11-25 21:48:39.857921+00', false);
INSERT INTO registry.mt_streams VALUES ('sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'portal', NULL, 4, '2026-11-25 21:50:03.544486+00', '2026-11-25 21:48:17.585196+00', false);

INSERT INTO registry.pairing_codes VALUES ('sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', '\x2fcbe8ab0ccfb471006e02d0e607056cb503c3c9ac55dd4e4bc2820201f19470', '2026-11-25 21:59:28.302086+00', 0);

INSERT INTO registry.peer_contacts VALUES ('sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', '65cerx', 'Offered', 1795643400346, 1795643400346, 1795643360137, NULL, NULL, NULL, '2026-11-26 02:21:38.461953+00', false, NULL, true, '2026-11-25 21:50:00.729748+00', 0, NULL, '2026-11-25 21:50:00.545188+00', NULL, NULL, NULL, '2026-11-26 02:21:38.461953+00', 1, NULL);
INSERT INTO registry.peer_contacts VALUES ('sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'xxxxxx', 'Offered', 1795643401175, 0, 0, NULL, NULL, NULL, '2026-11-25 21:50:01.175749+00', false, NULL, NULL, NULL, 1, '2026-11-25 21:50:01.224387+00', '2026-11-25 21:50:09.487296+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO registry.peer_contacts VALUES ('sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'zzzzzz', 'Offered', 1795643400730, 0, 0, NULL, NULL, NULL, '2026-11-25 21:50:00.730091+00', false, NULL, false, NULL, 2, '2026-11-25 21:50:00.864907+00', '2026-11-25 21:50:09.575338+00', 'peer_unreachable', 'The peer''s name is not known.', '2026-11-25 21:50:09.611541+00', '2026-11-25 21:50:28.000195+00', 0, NULL);

INSERT INTO registry.peer_list VALUES ('sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', '65cerx', 4, '{"id": "65cerx3j5dykaranhv997d5rj6vkyqghrj40s6k1jwhy3r92p9tnxcta199btn7g28e2p7sacgdd98vvews0x7v9p0dxgxpfbb4we8a", "key": "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA38o/8pruP0dYgmvhF1FY0pnwbm/8VbrseEPNtG04rXw=\n-----END PUBLIC KEY-----\n", "short": "65cerx", "typed": "65cerx3j5dykaranhv997d5rj6vkyqghrj40s6k1jwhy3r92p9tnxcta199btn7g28e2p7sacgdd98vvews0x7v9p0dxgxpfbb4we8a", "domain": "65cerx.ben.localhost", "listed": true, "status": "Mutual", "addedAt": "2026-11-25T21:49:19.579249+00:00", "address": "65cerx.ben.localhost", "blocked": false, "petname": "Benjamin", "original": false, "pinnedAt": "2026-11-25T21:49:23.660484+00:00", "verified": "FullId", "claimedName": "Ben", "confirmedAt": "2026-11-25T21:49:23.925392+00:00"}');
INSERT INTO registry.peer_list VALUES ('sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'zzzzzz', 1, '{"id": null, "key": null, "short": "zzzzzz", "typed": "zzzzzz00", "domain": "zzzzzz.example.org", "listed": true, "status": "Pending", "addedAt": "2026-11-25T21:50:00.730099+00:00", "address": "zzzzzz.example.org", "blocked": false, "petname": "Carla", "original": false, "pinnedAt": null, "verified": null, "claimedName": null, "confirmedAt": null}');
INSERT INTO registry.peer_list VALUES ('sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'yyyyyy', 2, NULL);
INSERT INTO registry.peer_list VALUES ('sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'xxxxxx', 2, '{"id": null, "key": null, "short": "xxxxxx", "typed": "xxxxxx00", "domain": "xxxxxx.anna.localhost", "listed": true, "status": "Pending", "addedAt": "2026-11-25T21:50:01.175762+00:00", "address": null, "blocked": true, "petname": null, "original": false, "pinnedAt": null, "verified": null, "claimedName": null, "confirmedAt": null}');

INSERT INTO registry.peer_profiles VALUES ('sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', '65cerx', NULL, NULL, NULL);

INSERT INTO registry.portal_keys VALUES ('sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', '\xbeebbb15fc8401ad3592a66b96f2cfcd740f633a60a21f0f447991d802399a07b453e858184e93b84e529aa202a8c8547baf4094c32e6ef8b711c5a3a01d0760d0f4488ea2440f21386334be6b4b2edcd6b6d26b45497cc5');

INSERT INTO registry.portal_list VALUES ('sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da', 'portal', 4, '{"id": "sn77chb2x3xlbek8r8a2cdxly0yefd33bzvebyh6bsrwfg8jtnn8s5k8k822p8z4jdlla2rqd7nn9d4e19y84byfdc236v02n11e9da", "key": "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAo9v9kpQXQ44VlCXNT2J0oKO3PfHgXqwHfmTBpvUNrYI=\n-----END PUBLIC KEY-----\n", "name": "Anna", "email": "anna@example.org", "domain": "sn77ch.anna.localhost", "invites": [{"id": "dcl7c5x6en1zerr4", "usedBy": null, "revoked": false, "createdAt": "2026-11-25T21:50:01.665462+00:00", "expiresAt": "2026-12-02T21:50:01.6349914+00:00"}], "avatarType": "image/png", "description": "Grows **roses**.", "emailPublic": true, "avatarSha256": "5b906c3cbf2e676b86f7e0207ef0c7b3e6f844eb549f065e01a1f1e9869bcfa6"}');

INSERT INTO registry.read_models VALUES ('portal_list', '2', '2026-11-25 21:48:16.338636+00');
INSERT INTO registry.read_models VALUES ('peer_list', '1', '2026-11-25 21:48:16.745673+00');
INSERT INTO registry.read_models VALUES ('app_list', '1', '2026-11-25 21:48:16.85307+00');
INSERT INTO registry.read_models VALUES ('device_list', '1', '2026-11-25 21:48:16.87712+00');

SELECT pg_catalog.setval('registry.mt_events_sequence', 19, true);

ALTER TABLE ONLY registry.app_list
    ADD CONSTRAINT app_list_pkey PRIMARY KEY (portal_id, key);

ALTER TABLE ONLY registry.app_tickets
    ADD CONSTRAINT app_tickets_pkey PRIMARY KEY (portal_id, hash);

ALTER TABLE ONLY registry.avatars
    ADD CONSTRAINT avatars_pkey PRIMARY KEY (portal_id);

ALTER TABLE ONLY registry.credential_revisions
    ADD CONSTRAINT credential_revisions_pkey PRIMARY KEY (portal_id);

ALTER TABLE ONLY registry.credentials
    ADD CONSTRAINT credentials_pkey PRIMARY KEY (portal_id, hash);

ALTER TABLE ONLY registry.device_list
    ADD CONSTRAINT device_list_pkey PRIMARY KEY (portal_id, key);

ALTER TABLE ONLY registry.form_keys
    ADD CONSTRAINT form_keys_pkey PRIMARY KEY (id);

ALTER TABLE ONLY registry.invites
    ADD CONSTRAINT invites_pkey PRIMARY KEY (portal_id, code);

ALTER TABLE ONLY registry.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (number);

ALTER TABLE ONLY registry.pairing_codes
    ADD CONSTRAINT pairing_codes_pkey PRIMARY KEY (portal_id);

ALTER TABLE ONLY registry.peer_contacts
    ADD CONSTRAINT peer_contacts_pkey PRIMARY KEY (portal_id, short_id);

ALTER TABLE ONLY registry.peer_list
    ADD CONSTRAINT peer_list_pkey PRIMARY KEY (portal_id, key);

ALTER TABLE ONLY registry.peer_profiles
    ADD CONSTRAINT peer_profiles_pkey PRIMARY KEY (portal_id, short_id);

ALTER TABLE ONLY registry.peering_offers
    ADD CONSTRAINT peering_offers_pkey PRIMARY KEY (portal_id, id);

ALTER TABLE ONLY registry.mt_event_progression
    ADD CONSTRAINT pk_mt_event_progression PRIMARY KEY (name);

ALTER TABLE ONLY registry.mt_events
    ADD CONSTRAINT pkey_mt_events_seq_id PRIMARY KEY (seq_id);

ALTER TABLE ONLY registry.mt_streams
    ADD CONSTRAINT pkey_mt_streams_tenant_id_id PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY registry.portal_keys
    ADD CONSTRAINT portal_keys_pkey PRIMARY KEY (portal_id);

ALTER TABLE ONLY registry.portal_list
    ADD CONSTRAINT portal_list_pkey PRIMARY KEY (portal_id, key);

ALTER TABLE ONLY registry.read_models
    ADD CONSTRAINT read_models_pkey PRIMARY KEY (table_name);

ALTER TABLE ONLY registry.replay_guard
    ADD CONSTRAINT replay_guard_pkey PRIMARY KEY (key);

CREATE INDEX peer_contacts_due ON registry.peer_contacts USING btree (next_attempt_at) WHERE (next_attempt_at IS NOT NULL);

CREATE UNIQUE INDEX pk_mt_events_stream_and_version ON registry.mt_events USING btree (tenant_id, stream_id, version);

CREATE INDEX replay_guard_until_idx ON registry.replay_guard USING btree (until);

ALTER TABLE ONLY registry.mt_events
    ADD CONSTRAINT fkey_mt_events_stream_id_tenant_id FOREIGN KEY (tenant_id, stream_id) REFERENCES registry.mt_streams(tenant_id, id);
