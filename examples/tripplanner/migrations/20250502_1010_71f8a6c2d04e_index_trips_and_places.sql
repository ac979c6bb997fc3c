-- index trips and places
--
-- revision: 71f8a6c2d04e
-- revises: b3740d9ae58c
-- created: 2025-05-02T10:10:00Z

-- migrate:upgrade
CREATE INDEX trips_of_a_user ON trips (user_id, begins_on);
CREATE UNIQUE INDEX places_in_order ON places (trip_id, position);

-- migrate:downgrade
DROP INDEX places_in_order;
DROP INDEX trips_of_a_user;
