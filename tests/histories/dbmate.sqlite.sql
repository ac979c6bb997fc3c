CREATE TABLE "schema_migrations" (version varchar(128) primary key);
INSERT INTO schema_migrations VALUES ('20240102030405');
INSERT INTO schema_migrations VALUES ('20240203040506');
