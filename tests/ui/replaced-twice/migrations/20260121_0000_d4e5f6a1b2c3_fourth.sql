-- fourth
-- revision: d4e5f6a1b2c3
-- revises: a1b2c3d4e5f6
-- replaces: b2c3d4e5f6a1

-- migrate:upgrade
CREATE TABLE t (a);

-- migrate:downgrade
DROP TABLE t;
