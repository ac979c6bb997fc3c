-- create books
--
-- revision: 2cba1620c865
-- revises: base
-- created: 2026-11-24T15:31:47Z

-- migrate:upgrade
CREATE TABLE books (
    id     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title  TEXT NOT NULL,
    author TEXT NOT NULL
);

-- migrate:downgrade
DROP TABLE books;
