-- add a note to places
--
-- revision: d85b3e6f27a0
-- revises: 47ac05e1b96f
-- created: 2025-04-01T09:47:00Z

-- migrate:upgrade
ALTER TABLE places ADD COLUMN note TEXT;

-- migrate:downgrade
ALTER TABLE places DROP COLUMN note;
