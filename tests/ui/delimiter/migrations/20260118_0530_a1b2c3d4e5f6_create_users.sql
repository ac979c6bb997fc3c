-- routine
-- revision: a1
-- revises: base

-- migrate:upgrade
DELIMITER //
DROP PROCEDURE p //

-- migrate:downgrade
SELECT 1;
