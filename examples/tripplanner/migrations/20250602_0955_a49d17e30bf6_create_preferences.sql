-- create preferences
--
-- Everybody has some, so that no query has to ask whether they are there.
--
-- revision: a49d17e30bf6
-- revises: 71f8a6c2d04e
-- created: 2025-06-02T09:55:00Z

-- migrate:upgrade sqlite
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

-- migrate:upgrade postgres
CREATE TABLE preferences (
    user_id  bigint PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    currency text NOT NULL DEFAULT 'EUR',
    distance text NOT NULL DEFAULT 'km' CHECK (distance IN ('km', 'mi'))
);
INSERT INTO preferences (user_id) SELECT id FROM users;
CREATE FUNCTION give_preferences() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO preferences (user_id) VALUES (new.id);
    RETURN NULL;
END $$;
CREATE TRIGGER users_have_preferences AFTER INSERT ON users
    FOR EACH ROW EXECUTE FUNCTION give_preferences();

-- migrate:downgrade sqlite
DROP TRIGGER users_have_preferences;
DROP TABLE preferences;

-- migrate:downgrade postgres
DROP TRIGGER users_have_preferences ON users;
DROP FUNCTION give_preferences();
DROP TABLE preferences;
