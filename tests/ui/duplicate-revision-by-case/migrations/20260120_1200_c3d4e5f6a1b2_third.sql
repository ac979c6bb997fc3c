-- third
--
-- revision: B2C3D4E5F6A1
-- revises: b2c3d4e5f6a1

-- migrate:upgrade
CREATE TABLE t (a);

-- migrate:downgrade
DROP TABLE t;
