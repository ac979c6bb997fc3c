-- give places a position
--
-- A column that is never null needs a default: the table has rows already.
--
-- revision: 06e2c9f41b7d
-- revises: d85b3e6f27a0
-- created: 2025-04-14T15:15:00Z

-- migrate:upgrade sqlite
ALTER TABLE places ADD COLUMN position INTEGER NOT NULL DEFAULT 0;

-- migrate:upgrade postgres
ALTER TABLE places ADD COLUMN position bigint NOT NULL DEFAULT 0;

-- migrate:downgrade
ALTER TABLE places DROP COLUMN position;
