-- third
--
-- revision: c3d4e5f6a1b2
-- revises: b2c3d4e5f6a1

-- migrate:upgrade
CREATE TABLE new_users (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
INSERT INTO new_users SELECT id, name FROM users;
DROP TABLE users;
ALTER TABLE new_users RENAME TO users;

-- migrate:irreversible names are unique now
