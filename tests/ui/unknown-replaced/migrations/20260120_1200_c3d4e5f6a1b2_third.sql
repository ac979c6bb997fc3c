-- third
--
-- revision: c3d4e5f6a1b2
-- revises: b2c3d4e5f6a1
-- replaces: 0a1b2c3d4e5f

-- migrate:upgrade
CREATE TABLE t (a);

-- migrate:downgrade
DROP TABLE t;
