CREATE TABLE __diesel_schema_migrations (
       version VARCHAR(50) PRIMARY KEY NOT NULL,
       run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);
INSERT INTO __diesel_schema_migrations VALUES ('20240102030405', '2026-11-28 16:28:20');
INSERT INTO __diesel_schema_migrations VALUES ('20240203040506', '2026-11-28 16:28:20');
