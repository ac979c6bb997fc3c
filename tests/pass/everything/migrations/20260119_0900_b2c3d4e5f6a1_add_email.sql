-- add email – “é”
-- revision: b2c3d4e5f6a1
-- revises: a1b2c3d4e5f6

-- migrate:upgrade sqlite
ALTER TABLE users ADD COLUMN email TEXT DEFAULT 'a"b\c';

-- migrate:upgrade postgres mysql
ALTER TABLE users ADD COLUMN email VARCHAR(80);

-- migrate:downgrade
ALTER TABLE users DROP COLUMN email;
