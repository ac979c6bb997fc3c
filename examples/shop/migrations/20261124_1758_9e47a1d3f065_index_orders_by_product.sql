-- index orders by product
--
-- revision: 9e47a1d3f065
-- revises: 5d20c8e7b914
-- created: 2026-11-24T17:58:58Z

-- migrate:upgrade
CREATE INDEX orders_by_product ON orders (product_id);

-- migrate:downgrade
DROP INDEX orders_by_product;
