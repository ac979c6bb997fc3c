-- index
-- revision: f6a1b2c3d4e5
-- revises: e5f6a1b2c3d4

-- migrate:upgrade
CREATE INDEX if6a1b2c3d4e5 ON audit (a);

-- migrate:downgrade sqlite
DROP INDEX if6a1b2c3d4e5;

-- migrate:downgrade postgres mysql
DROP INDEX if6a1b2c3d4e5;
