-- create users
--
-- revision: 2c61fa0d94e7
-- revises: base
-- created: 2025-03-04T09:10:00Z

-- migrate:upgrade
CREATE TABLE users (
    id    INTEGER PRIMARY KEY,
    name  TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE
);

-- migrate:downgrade
DROP TABLE users;
