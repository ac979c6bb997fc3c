CREATE TABLE refinery_schema_history(
             version int4 PRIMARY KEY,
             name VARCHAR(255),
             applied_on VARCHAR(255),
             checksum VARCHAR(255));
INSERT INTO refinery_schema_history VALUES (1, 'create_users', '2026-11-28T16:28:20.91943095Z', '15175659146071399057');
INSERT INTO refinery_schema_history VALUES (2, 'add_email', '2026-11-28T16:28:20.919463164Z', '18350815520892875082');
