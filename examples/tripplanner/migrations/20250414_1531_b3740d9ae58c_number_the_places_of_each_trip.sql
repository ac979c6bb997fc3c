-- number the places of each trip
--
-- In the order in which they were added, from 1.
--
-- revision: b3740d9ae58c
-- revises: 06e2c9f41b7d
-- created: 2025-04-14T15:31:00Z

-- migrate:upgrade
UPDATE places
SET position = (
    SELECT count(*) FROM places AS earlier
    WHERE earlier.trip_id = places.trip_id AND earlier.id <= places.id
);

-- migrate:downgrade
UPDATE places SET position = 0;
