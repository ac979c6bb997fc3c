-- third
--
-- revision: c3d4e5f6a1b2
-- revises: base
-- replaces: b2c3d4e5f6a1

-- migrate:upgrade
CREATE TABLE t (a);

-- migrate:downgrade
DROP TABLE t;
