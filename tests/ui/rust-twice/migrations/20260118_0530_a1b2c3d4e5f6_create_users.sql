-- create users
--
-- revision: a1b2c3d4e5f6
-- revises: base
-- created: 2026-01-18T05:30:00Z

-- migrate:upgrade
CREATE TABLE users (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL
);

-- migrate:downgrade
DROP TABLE users;
