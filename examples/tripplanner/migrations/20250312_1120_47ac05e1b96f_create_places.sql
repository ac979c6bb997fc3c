-- create places
--
-- revision: 47ac05e1b96f
-- revises: 9fb24de8703c
-- created: 2025-03-12T11:20:00Z

-- migrate:upgrade
CREATE TABLE places (
    id      INTEGER PRIMARY KEY,
    trip_id INTEGER NOT NULL REFERENCES trips (id) ON DELETE CASCADE,
    name    TEXT NOT NULL
);

-- migrate:downgrade
DROP TABLE places;
