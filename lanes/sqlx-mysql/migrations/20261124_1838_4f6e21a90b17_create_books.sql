-- create books
--
-- revision: 4f6e21a90b17
-- revises: base
-- created: 2026-11-24T18:38:12Z

-- migrate:upgrade
CREATE TABLE books (
    id     BIGINT AUTO_INCREMENT PRIMARY KEY,
    title  VARCHAR(200) NOT NULL,
    author VARCHAR(200) NOT NULL
);
INSERT INTO books (title, author) VALUES ('The Dispossessed', 'Le Guin');

-- migrate:downgrade
DROP TABLE books;
