-- fourth
-- revision: d4e5f6a1b2c3
-- revises: base
-- replaces: a1b2c3d4e5f6..b2c3d4e5f6a1

-- migrate:upgrade
CREATE TABLE t (a);

-- migrate:downgrade
DROP TABLE t;
