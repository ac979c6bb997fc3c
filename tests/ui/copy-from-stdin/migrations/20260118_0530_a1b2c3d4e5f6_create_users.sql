-- copy
-- revision: a1
-- revises: base

-- migrate:upgrade
COPY t FROM stdin;
1
\.

-- migrate:downgrade
DELETE FROM t;
