-- audit
-- revision: e5f6a1b2c3d4
-- revises: base
-- label: audit
-- depends-on: billing, b2c3d4e5f6a1

-- migrate:upgrade
CREATE TABLE audit (a INTEGER);

-- migrate:downgrade
-- migrate:destroys audit reviewed
DROP TABLE audit;
