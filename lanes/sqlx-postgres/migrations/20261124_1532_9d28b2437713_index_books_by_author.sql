-- index books by author
--
-- revision: 9d28b2437713
-- revises: 2cba1620c865
-- created: 2026-11-24T15:32:35Z

-- migrate:upgrade transaction=off
CREATE INDEX CONCURRENTLY books_by_author ON books (author, title);

-- migrate:downgrade transaction=off
DROP INDEX CONCURRENTLY books_by_author;
