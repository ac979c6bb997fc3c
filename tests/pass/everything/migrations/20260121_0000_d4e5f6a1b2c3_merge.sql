-- merge
-- revision: d4e5f6a1b2c3
-- revises: b2c3d4e5f6a1, c3d4e5f6a1b2

-- migrate:upgrade
