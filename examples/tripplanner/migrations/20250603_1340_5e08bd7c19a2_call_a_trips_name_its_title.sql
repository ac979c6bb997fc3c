-- call a trip's name its title
--
-- A rename in two phases, the first: both columns are there, and what an older version of the
-- application writes into `name` arrives in `title`. The second phase follows when no older
-- version runs any more: revision 1d6f92c8e5b0.
--
-- revision: 5e08bd7c19a2
-- revises: 71f8a6c2d04e
-- created: 2025-06-03T13:40:00Z

-- migrate:upgrade
ALTER TABLE trips ADD COLUMN title TEXT;
UPDATE trips SET title = name;
CREATE TRIGGER title_of_a_new_trip AFTER INSERT ON trips WHEN new.title IS NULL
BEGIN
    UPDATE trips SET title = new.name WHERE id = new.id;
END;
CREATE TRIGGER title_of_a_renamed_trip AFTER UPDATE OF name ON trips
BEGIN
    UPDATE trips SET title = new.name WHERE id = new.id;
END;

-- migrate:downgrade
DROP TRIGGER title_of_a_renamed_trip;
DROP TRIGGER title_of_a_new_trip;
ALTER TABLE trips DROP COLUMN title;
