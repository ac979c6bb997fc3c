-- create trips
--
-- revision: 9fb24de8703c
-- revises: e0937b5d1c84
-- created: 2025-03-10T08:35:00Z

-- migrate:upgrade
CREATE TABLE trips (
    id        INTEGER PRIMARY KEY,
    user_id   INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name      TEXT NOT NULL,
    begins_on TEXT NOT NULL,
    ends_on   TEXT
);

-- migrate:downgrade
DROP TABLE trips;
