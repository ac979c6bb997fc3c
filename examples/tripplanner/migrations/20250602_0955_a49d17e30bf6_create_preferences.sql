-- create preferences
--
-- Everybody has some, so that no query has to ask whether they are there.
--
-- revision: a49d17e30bf6
-- revises: 71f8a6c2d04e
-- created: 2025-06-02T09:55:00Z

-- migrate:upgrade
CREATE TABLE preferences (
    user_id  INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    currency TEXT NOT NULL DEFAULT 'EUR',
    distance TEXT NOT NULL DEFAULT 'km' CHECK (distance IN ('km', 'mi'))
);
INSERT INTO preferences (user_id) SELECT id FROM users;
CREATE TRIGGER users_have_preferences AFTER INSERT ON users
BEGIN
    INSERT INTO preferences (user_id) VALUES (new.id);
END;

-- migrate:downgrade
DROP TRIGGER users_have_preferences;
DROP TABLE preferences;
