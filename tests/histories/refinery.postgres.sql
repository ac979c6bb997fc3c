CREATE TABLE public.refinery_schema_history (
    version integer NOT NULL,
    name character varying(255),
    applied_on character varying(255),
    checksum character varying(255)
);
INSERT INTO public.refinery_schema_history VALUES (1, 'create_users', '2026-11-28T16:28:21.424252127Z', '15175659146071399057');
INSERT INTO public.refinery_schema_history VALUES (2, 'add_email', '2026-11-28T16:28:21.424285606Z', '18350815520892875082');
ALTER TABLE ONLY public.refinery_schema_history
    ADD CONSTRAINT refinery_schema_history_pkey PRIMARY KEY (version);
