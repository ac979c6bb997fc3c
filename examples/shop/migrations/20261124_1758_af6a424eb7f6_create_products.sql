-- create products
--
-- revision: af6a424eb7f6
-- revises: base
-- created: 2026-11-24T17:58:15Z

-- migrate:upgrade
CREATE TABLE products (
    id    INTEGER PRIMARY KEY,
    name  TEXT NOT NULL,
    price INTEGER NOT NULL
);

-- migrate:downgrade
DROP TABLE products;
