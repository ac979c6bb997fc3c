-- create orders
--
-- revision: 5d20c8e7b914
-- revises: af6a424eb7f6
-- created: 2026-11-24T17:58:58Z

-- migrate:upgrade
CREATE TABLE orders (
    id         INTEGER PRIMARY KEY,
    product_id INTEGER NOT NULL REFERENCES products (id),
    quantity   INTEGER NOT NULL
);

-- migrate:downgrade
DROP TABLE orders;
