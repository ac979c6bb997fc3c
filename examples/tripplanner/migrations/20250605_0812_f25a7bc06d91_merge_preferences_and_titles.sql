-- merge preferences and titles
--
-- revision: f25a7bc06d91
-- revises: a49d17e30bf6, 5e08bd7c19a2
-- created: 2025-06-05T08:12:00Z

-- migrate:upgrade

-- migrate:downgrade
