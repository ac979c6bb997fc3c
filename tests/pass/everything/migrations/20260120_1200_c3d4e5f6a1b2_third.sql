-- rebuild
-- revision: c3d4e5f6a1b2
-- revises: a1b2c3d4e5f6
-- label: billing, money

-- migrate:upgrade sqlite foreign-keys=off
CREATE TABLE n (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
INSERT INTO n SELECT id, name FROM users;
DROP TABLE users;
ALTER TABLE n RENAME TO users;

-- migrate:upgrade postgres transaction=off
CREATE UNIQUE INDEX CONCURRENTLY u ON users (name);

-- migrate:upgrade mysql
ALTER TABLE users ADD UNIQUE (name);

-- migrate:irreversible names "were" not unique
