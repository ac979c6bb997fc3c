CREATE TABLE public._sqlx_migrations (
    version bigint NOT NULL,
    description text NOT NULL,
    installed_on timestamp with time zone DEFAULT now() NOT NULL,
    success boolean NOT NULL,
    checksum bytea NOT NULL,
    execution_time bigint NOT NULL
);
INSERT INTO public._sqlx_migrations VALUES (20240102030405, 'create users', '2026-11-28 16:28:20.049564+00', true, '\x5d0d6515df2fb31d5b8bfda70e984ec6d6bf99c5341364f22a495e1a58db2e1b3f1641744dda6899ad11f94740c8c138', 2998340);
INSERT INTO public._sqlx_migrations VALUES (20240203040506, 'add email', '2026-11-28 16:28:20.052953+00', true, '\x4b886657d12acaaa416c4a98503159bf15307b40bb65b2e1bdb93af3cb247a13b1b75e7332fa1936326b787e2d686f1c', 288099);
ALTER TABLE ONLY public._sqlx_migrations
    ADD CONSTRAINT _sqlx_migrations_pkey PRIMARY KEY (version);
