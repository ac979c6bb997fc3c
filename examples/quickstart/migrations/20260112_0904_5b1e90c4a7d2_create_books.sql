-- create books
--
-- revision: 5b1e90c4a7d2
-- revises: base
-- created: 2026-01-12T09:04:00Z

-- migrate:upgrade
CREATE TABLE books (
    id     INTEGER PRIMARY KEY,
    title  TEXT NOT NULL,
    author TEXT NOT NULL
);

-- migrate:downgrade
DROP TABLE books;
