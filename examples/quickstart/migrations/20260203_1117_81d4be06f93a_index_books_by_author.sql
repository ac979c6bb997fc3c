-- index books by author
--
-- revision: 81d4be06f93a
-- revises: c07f3d218e6b
-- created: 2026-02-03T11:17:00Z

-- migrate:upgrade
CREATE INDEX books_by_author ON books (author, title);

-- migrate:downgrade
DROP INDEX books_by_author;
