-- add email
--
-- revision: b2c3d4e5f6a1
-- revises: a1b2c3d4e5f6
-- created: 2026-01-19T09:00:00Z

-- migrate:upgrade
ALTER TABLE users ADD COLUMN email TEXT;
CREATE INDEX users_email ON users (email);

-- migrate:downgrade
DROP INDEX users_email;
ALTER TABLE users DROP COLUMN email;
