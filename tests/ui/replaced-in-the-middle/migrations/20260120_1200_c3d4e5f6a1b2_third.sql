-- third
--
-- revision: c3d4e5f6a1b2
-- revises: a1b2c3d4e5f6

-- migrate:upgrade
CREATE TABLE t (a);

-- migrate:downgrade
DROP TABLE t;
