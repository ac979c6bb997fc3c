-- call a trip's name its title
--
-- A rename in two phases, the first: both columns are there, and what an older version of the
-- application writes into `name` arrives in `title`. The second phase follows when no older
-- version runs any more: revision 1d6f92c8e5b0.
--
-- revision: 5e08bd7c19a2
-- revises: 71f8a6c2d04e
-- created: 2025-06-03T13:40:00Z

-- migrate:upgrade sqlite
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

-- migrate:upgrade postgres
ALTER TABLE trips ADD COLUMN title text;
UPDATE trips SET title = name;
CREATE FUNCTION keep_the_title() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    new.title := new.name;
    RETURN new;
END $$;
CREATE TRIGGER title_of_a_new_trip BEFORE INSERT ON trips
    FOR EACH ROW WHEN (new.title IS NULL) EXECUTE FUNCTION keep_the_title();
CREATE TRIGGER title_of_a_renamed_trip BEFORE UPDATE OF name ON trips
    FOR EACH ROW EXECUTE FUNCTION keep_the_title();

-- migrate:downgrade sqlite
DROP TRIGGER title_of_a_renamed_trip;
DROP TRIGGER title_of_a_new_trip;
ALTER TABLE trips DROP COLUMN title;

-- migrate:downgrade postgres
DROP TRIGGER title_of_a_renamed_trip ON trips;
DROP TRIGGER title_of_a_new_trip ON trips;
DROP FUNCTION keep_the_title();
ALTER TABLE trips DROP COLUMN title;
