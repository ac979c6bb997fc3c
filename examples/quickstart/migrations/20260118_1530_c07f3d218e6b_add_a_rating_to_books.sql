-- add a rating to books
--
-- revision: c07f3d218e6b
-- revises: 5b1e90c4a7d2
-- created: 2026-01-18T15:30:00Z

-- migrate:upgrade
ALTER TABLE books ADD COLUMN rating INTEGER CHECK (rating BETWEEN 1 AND 5);

-- migrate:downgrade
ALTER TABLE books DROP COLUMN rating;
