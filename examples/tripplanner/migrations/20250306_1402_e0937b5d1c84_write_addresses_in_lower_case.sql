-- write addresses in lower case
--
-- People signed up twice, as Ann@example.org and ann@example.org. Where both are there, the
-- later one is marked for the help desk.
--
-- revision: e0937b5d1c84
-- revises: 2c61fa0d94e7
-- created: 2025-03-06T14:02:00Z

-- migrate:upgrade
UPDATE users
SET email = 'twice-' || id || '-' || email
WHERE EXISTS (
    SELECT 1 FROM users AS earlier
    WHERE earlier.id < users.id AND lower(earlier.email) = lower(users.email)
);
UPDATE users SET email = lower(email);

-- migrate:irreversible which letters were capitals is written nowhere
