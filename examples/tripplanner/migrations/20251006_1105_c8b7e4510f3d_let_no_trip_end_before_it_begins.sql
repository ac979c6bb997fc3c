-- let no trip end before it begins
--
-- And let every trip have a title. SQLite cannot alter a constraint: the table is built anew,
-- with foreign keys off, or dropping the old one would delete the places of every trip.
-- Trips that were entered the wrong way round are turned.
--
-- revision: c8b7e4510f3d
-- revises: 1d6f92c8e5b0
-- created: 2025-10-06T11:05:00Z

-- migrate:upgrade sqlite foreign-keys=off
CREATE TABLE trips_new (
    id        INTEGER PRIMARY KEY,
    user_id   INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title     TEXT NOT NULL,
    begins_on TEXT NOT NULL,
    ends_on   TEXT CHECK (ends_on >= begins_on)
);
INSERT INTO trips_new (id, user_id, title, begins_on, ends_on)
SELECT
    id, user_id, coalesce(title, ''),
    min(begins_on, coalesce(ends_on, begins_on)),
    max(begins_on, ends_on)
FROM trips;
DROP TABLE trips;
ALTER TABLE trips_new RENAME TO trips;
CREATE INDEX trips_of_a_user ON trips (user_id, begins_on);

-- migrate:upgrade postgres
UPDATE trips SET
    title = coalesce(title, ''),
    begins_on = least(begins_on, ends_on),
    ends_on = CASE WHEN ends_on IS NOT NULL THEN greatest(begins_on, ends_on) END;
ALTER TABLE trips
    ALTER COLUMN title SET NOT NULL,
    ADD CHECK (ends_on >= begins_on);

-- migrate:downgrade sqlite foreign-keys=off
CREATE TABLE trips_old (
    id        INTEGER PRIMARY KEY,
    user_id   INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    begins_on TEXT NOT NULL,
    ends_on   TEXT,
    title     TEXT
);
INSERT INTO trips_old (id, user_id, begins_on, ends_on, title)
SELECT id, user_id, begins_on, ends_on, title FROM trips;
DROP TABLE trips;
ALTER TABLE trips_old RENAME TO trips;
CREATE INDEX trips_of_a_user ON trips (user_id, begins_on);

-- migrate:downgrade postgres
ALTER TABLE trips
    ALTER COLUMN title DROP NOT NULL,
    DROP CONSTRAINT trips_check;
