-- both
-- revision: b8c9d0e1f2a3
-- revises: e5f6a1b2c3d4
-- replaces: f6a1b2c3d4e5..a7b8c9d0e1f2

-- migrate:upgrade
CREATE INDEX if6a1b2c3d4e5 ON audit (a);
CREATE INDEX ia7b8c9d0e1f2 ON audit (a);

-- migrate:downgrade
DROP INDEX ia7b8c9d0e1f2;
DROP INDEX if6a1b2c3d4e5;
