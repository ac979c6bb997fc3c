-- index authors by family
--
-- revision: b12db853ef12
-- revises: ca5558584ab8
-- created: 2026-11-24T18:40:59Z

-- migrate:upgrade
CREATE INDEX authors_by_family ON authors (family, given);

-- migrate:downgrade
DROP INDEX authors_by_family;
