-- forget the name of a trip
--
-- The rename's second phase: `title` holds what `name` held (revision 5e08bd7c19a2).
--
-- revision: 1d6f92c8e5b0
-- revises: f25a7bc06d91
-- created: 2025-09-01T09:30:00Z

-- migrate:upgrade sqlite
DROP TRIGGER title_of_a_renamed_trip;
DROP TRIGGER title_of_a_new_trip;
-- migrate:destroys trips.name reviewed
ALTER TABLE trips DROP COLUMN name;

-- migrate:upgrade postgres
DROP TRIGGER title_of_a_renamed_trip ON trips;
DROP TRIGGER title_of_a_new_trip ON trips;
DROP FUNCTION keep_the_title();
-- migrate:destroys trips.name reviewed
ALTER TABLE trips DROP COLUMN name;

-- migrate:downgrade sqlite foreign-keys=off
-- SQLite adds no column that is NOT NULL without a default, so the table is built anew.
CREATE TABLE trips_with_name (
    id        INTEGER PRIMARY KEY,
    user_id   INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name      TEXT NOT NULL,
    begins_on TEXT NOT NULL,
    ends_on   TEXT,
    title     TEXT
);
INSERT INTO trips_with_name (id, user_id, name, begins_on, ends_on, title)
SELECT id, user_id, coalesce(title, ''), begins_on, ends_on, title FROM trips;
DROP TABLE trips;
ALTER TABLE trips_with_name RENAME TO trips;
CREATE INDEX trips_of_a_user ON trips (user_id, begins_on);
CREATE TRIGGER title_of_a_new_trip AFTER INSERT ON trips WHEN new.title IS NULL
BEGIN
    UPDATE trips SET title = new.name WHERE id = new.id;
END;
CREATE TRIGGER title_of_a_renamed_trip AFTER UPDATE OF name ON trips
BEGIN
    UPDATE trips SET title = new.name WHERE id = new.id;
END;

-- migrate:downgrade postgres
ALTER TABLE trips ADD COLUMN name text;
UPDATE trips SET name = coalesce(title, '');
ALTER TABLE trips ALTER COLUMN name SET NOT NULL;
CREATE FUNCTION keep_the_title() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    new.title := new.name;
    RETURN new;
END $$;
CREATE TRIGGER title_of_a_new_trip BEFORE INSERT ON trips
    FOR EACH ROW WHEN (new.title IS NULL) EXECUTE FUNCTION keep_the_title();
CREATE TRIGGER title_of_a_renamed_trip BEFORE UPDATE OF name ON trips
    FOR EACH ROW EXECUTE FUNCTION keep_the_title();
