-- create authors
--
-- revision: 789759708e36
-- revises: base
-- created: 2026-11-24T18:40:59Z

-- migrate:upgrade
CREATE TABLE authors (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL
);

-- migrate:downgrade
DROP TABLE authors;
