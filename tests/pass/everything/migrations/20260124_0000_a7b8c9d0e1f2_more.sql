-- more
-- revision: a7b8c9d0e1f2
-- revises: f6a1b2c3d4e5

-- migrate:upgrade
CREATE INDEX ia7b8c9d0e1f2 ON audit (a);

-- migrate:downgrade sqlite
DROP INDEX ia7b8c9d0e1f2;

-- migrate:downgrade postgres mysql
DROP INDEX ia7b8c9d0e1f2;
