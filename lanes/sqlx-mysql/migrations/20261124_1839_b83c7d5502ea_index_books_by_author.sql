-- index books by author
--
-- revision: b83c7d5502ea
-- revises: 4f6e21a90b17
-- created: 2026-11-24T18:39:05Z

-- migrate:upgrade
CREATE INDEX books_by_author ON books (author, title);

-- migrate:downgrade
DROP INDEX books_by_author ON books;
