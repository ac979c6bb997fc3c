--- a table is created
--- >
CREATE TABLE users (id int AUTO_INCREMENT PRIMARY KEY, name varchar(100) NOT NULL, mail varchar(100) UNIQUE) COMMENT='people';
--- tables that refer to each other in a circle are created
--- >
CREATE TABLE a (id int PRIMARY KEY, b int);
CREATE TABLE b (id int PRIMARY KEY, a int, CONSTRAINT to_a FOREIGN KEY (a) REFERENCES a (id));
ALTER TABLE a ADD CONSTRAINT to_b FOREIGN KEY (b) REFERENCES b (id) ON DELETE SET NULL;
--- a table refers to itself
CREATE TABLE t (id int PRIMARY KEY);
--- >
CREATE TABLE t (id int PRIMARY KEY, parent int, FOREIGN KEY (parent) REFERENCES t (id) ON DELETE CASCADE);
--- children and parents are dropped
CREATE TABLE a (id int PRIMARY KEY);
CREATE TABLE b (id int PRIMARY KEY, a int, FOREIGN KEY (a) REFERENCES a (id));
CREATE TABLE z (id int PRIMARY KEY, b int, FOREIGN KEY (b) REFERENCES b (id));
--- >
CREATE TABLE z (id int PRIMARY KEY);
--- columns come at the end, in the middle and first
CREATE TABLE t (id int PRIMARY KEY, b int);
--- >
CREATE TABLE t (z int, id int PRIMARY KEY, a varchar(20) NOT NULL DEFAULT 'x', b int, c datetime(6), d text);
--- columns go
CREATE TABLE t (id int PRIMARY KEY, a int, b varchar(20), c text);
--- >
CREATE TABLE t (id int PRIMARY KEY, b varchar(20));
--- columns change places
CREATE TABLE t (id int PRIMARY KEY, a int, b int, c int, d int);
--- >
CREATE TABLE t (d int, id int PRIMARY KEY, c int, a int, b int);
--- columns go, come, change and move at once
CREATE TABLE t (id int PRIMARY KEY, a int, b int, c int, d int, KEY ab (a, b));
--- >
CREATE TABLE t (e int, d bigint, id int PRIMARY KEY, f varchar(5), c int NOT NULL DEFAULT 3, b int, KEY bd (b, d));
--- whole numbers grow
CREATE TABLE t (id int PRIMARY KEY, a tinyint, b smallint unsigned, c mediumint, d tinyint(1));
--- >
CREATE TABLE t (id bigint PRIMARY KEY, a int, b int unsigned, c bigint, d tinyint);
--- numbers get more digits
CREATE TABLE t (id int PRIMARY KEY, a decimal(10,2), b float, c int);
--- >
CREATE TABLE t (id int PRIMARY KEY, a decimal(14,4), b double, c decimal(12,1));
--- texts grow
CREATE TABLE t (id int PRIMARY KEY, a varchar(20), b varchar(255), c text, d char(5), e tinytext);
--- >
CREATE TABLE t (id int PRIMARY KEY, a varchar(200), b text, c longtext, d varchar(5), e mediumtext);
--- texts shrink
CREATE TABLE t (id int PRIMARY KEY, a varchar(200), b text);
--- >
CREATE TABLE t (id int PRIMARY KEY, a varchar(2), b varchar(100));
--- a number becomes a text
CREATE TABLE t (id int PRIMARY KEY, a int, b decimal(10,2));
--- >
CREATE TABLE t (id int PRIMARY KEY, a varchar(100), b varchar(100));
--- a text becomes a number
CREATE TABLE t (id int PRIMARY KEY, a varchar(100));
--- >
CREATE TABLE t (id int PRIMARY KEY, a int);
--- bytes grow
CREATE TABLE t (id int PRIMARY KEY, a varbinary(20), b blob, c binary(4));
--- >
CREATE TABLE t (id int PRIMARY KEY, a varbinary(200), b longblob, c varbinary(4));
--- an enum gets values
CREATE TABLE t (id int PRIMARY KEY, mood enum('sad', 'ok') NOT NULL DEFAULT 'ok', tags set('a', 'b'));
--- >
CREATE TABLE t (id int PRIMARY KEY, mood enum('great', 'sad', 'ok', 'it''s, well') NOT NULL DEFAULT 'ok', tags set('a', 'b', 'c'));
--- an enum loses a value
CREATE TABLE t (id int PRIMARY KEY, mood enum('sad', 'ok', 'happy'));
--- >
CREATE TABLE t (id int PRIMARY KEY, mood enum('sad', 'happy'));
--- an enum becomes a text
CREATE TABLE t (id int PRIMARY KEY, mood enum('sad', 'ok'));
--- >
CREATE TABLE t (id int PRIMARY KEY, mood varchar(255));
--- moments get finer, and lose their zone
CREATE TABLE t (id int PRIMARY KEY, a datetime, b timestamp NULL, c date, d time);
--- >
CREATE TABLE t (id int PRIMARY KEY, a datetime(6), b datetime, c datetime, d time(3));
--- a moment becomes a day
CREATE TABLE t (id int PRIMARY KEY, a datetime(6));
--- >
CREATE TABLE t (id int PRIMARY KEY, a date);
--- a column may no longer be null, and its default takes the place
CREATE TABLE t (id int PRIMARY KEY, a int, b varchar(20));
--- >
CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL DEFAULT 7, b varchar(20) NOT NULL DEFAULT 'none');
--- a column may no longer be null, and has no default
CREATE TABLE t (id int PRIMARY KEY, a int);
--- >
CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL);
--- a column may be null
CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b text NOT NULL);
--- >
CREATE TABLE t (id int PRIMARY KEY, a int, b text);
--- a column comes that must not be null
CREATE TABLE t (id int PRIMARY KEY);
--- >
CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b varchar(20) NOT NULL, c date NOT NULL);
--- defaults come, change and go
CREATE TABLE t (id int PRIMARY KEY, a int, b int DEFAULT 1, c int DEFAULT 2, d varchar(20) DEFAULT 'a;b');
--- >
CREATE TABLE t (id int PRIMARY KEY, a int DEFAULT 5, b int, c int DEFAULT 3, d varchar(20) DEFAULT 'it''s\n');
--- defaults are expressions
CREATE TABLE t (id int PRIMARY KEY, a varchar(36), b int);
--- >
CREATE TABLE t (id int PRIMARY KEY, a varchar(36) DEFAULT (uuid()), b int DEFAULT (1 + 2), c json DEFAULT (json_array()));
--- moments of change
CREATE TABLE t (id int PRIMARY KEY, a timestamp NULL, b datetime DEFAULT current_timestamp);
--- >
CREATE TABLE t (id int PRIMARY KEY, a timestamp NOT NULL DEFAULT current_timestamp ON UPDATE current_timestamp, b datetime(3) DEFAULT current_timestamp(3));
--- AUTO_INCREMENT comes
CREATE TABLE t (id int PRIMARY KEY, a int);
--- >
CREATE TABLE t (id bigint unsigned AUTO_INCREMENT PRIMARY KEY, a int);
--- AUTO_INCREMENT moves to a new column
CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, a int);
--- >
CREATE TABLE t (id int, n int AUTO_INCREMENT UNIQUE, a int);
--- a primary key comes, goes and changes
CREATE TABLE a (id int NOT NULL);
CREATE TABLE b (id int PRIMARY KEY);
CREATE TABLE c (x int, y int, PRIMARY KEY (x));
--- >
CREATE TABLE a (id int PRIMARY KEY);
CREATE TABLE b (id int NOT NULL);
CREATE TABLE c (x int, y int, PRIMARY KEY (x, y));
--- a table with AUTO_INCREMENT gets a key of two columns
CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, a int NOT NULL);
--- >
CREATE TABLE t (id int AUTO_INCREMENT, a int NOT NULL, PRIMARY KEY (id, a));
--- indexes of all kinds come
CREATE TABLE t (id int PRIMARY KEY, a varchar(200), b int, c text, d int);
--- >
CREATE TABLE t (id int PRIMARY KEY, a varchar(200), b int, c text, d int, KEY k (a(10), b DESC), UNIQUE u (d), FULLTEXT f (c), KEY h (b) COMMENT 'by b', KEY c5 (c(5)));
--- indexes change
CREATE TABLE t (id int PRIMARY KEY, a varchar(200), b int, KEY k (a), UNIQUE u (b), KEY v (a, b));
--- >
CREATE TABLE t (id int PRIMARY KEY, a varchar(200), b int, KEY k (a(20)), KEY u (b), KEY v (b, a));
--- an index gets another name
CREATE TABLE t (id int PRIMARY KEY, a int, KEY k (a), UNIQUE u (id, a));
--- >
CREATE TABLE t (id int PRIMARY KEY, a int, KEY by_a (a), UNIQUE one (id, a));
--- two indexes change names
CREATE TABLE t (id int PRIMARY KEY, a int, b int, KEY k (a), KEY l (b));
--- >
CREATE TABLE t (id int PRIMARY KEY, a int, b int, KEY k (b), KEY l (a));
--- an index becomes unique
CREATE TABLE t (id int PRIMARY KEY, a int, KEY k (a));
--- >
CREATE TABLE t (id int PRIMARY KEY, a int, UNIQUE k (a));
--- an index is made by a statement of its own
CREATE TABLE t (id int PRIMARY KEY, a int);
--- >
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE UNIQUE INDEX i ON t (a DESC);
--- a column of an index goes
CREATE TABLE t (id int PRIMARY KEY, a int, b int, KEY k (a, b), UNIQUE u (b));
--- >
CREATE TABLE t (id int PRIMARY KEY, a int, KEY k (a));
--- a spatial index
CREATE TABLE t (id int PRIMARY KEY, p point NOT NULL);
--- >
CREATE TABLE t (id int PRIMARY KEY, p point NOT NULL, SPATIAL KEY s (p));
--- a foreign key comes to a table that is there
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p int);
--- >
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p int, CONSTRAINT fk FOREIGN KEY (p) REFERENCES p (id) ON UPDATE CASCADE);
--- a foreign key changes what it does
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p int, FOREIGN KEY (p) REFERENCES p (id));
--- >
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p int, FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE);
--- both sides of a foreign key change their type
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p int, FOREIGN KEY (p) REFERENCES p (id));
--- >
CREATE TABLE p (id bigint PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p bigint, FOREIGN KEY (p) REFERENCES p (id));
--- an index takes over what a foreign key's own did
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p int, q int, FOREIGN KEY (p) REFERENCES p (id));
--- >
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p int, q int, KEY pq (p, q), FOREIGN KEY (p) REFERENCES p (id));
--- what a foreign key refers to gets another key
CREATE TABLE p (id int PRIMARY KEY, code varchar(20) NOT NULL, UNIQUE code (code));
CREATE TABLE c (id int PRIMARY KEY, code varchar(20), FOREIGN KEY (code) REFERENCES p (code));
--- >
CREATE TABLE p (id int, code varchar(20) NOT NULL, PRIMARY KEY (code));
CREATE TABLE c (id int PRIMARY KEY, code varchar(20), FOREIGN KEY (code) REFERENCES p (code));
--- a foreign key refers to a new table
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p int, FOREIGN KEY (p) REFERENCES p (id));
--- >
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE q (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p int, q int, CONSTRAINT q FOREIGN KEY (q) REFERENCES q (id));
--- a foreign key must not be null
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p int, FOREIGN KEY (p) REFERENCES p (id));
--- >
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p int NOT NULL, FOREIGN KEY (p) REFERENCES p (id));
--- checks come, change and go
CREATE TABLE t (id int PRIMARY KEY, a int, b int CHECK (b > 0), CHECK (a > 0), CONSTRAINT less CHECK (a < b));
--- >
CREATE TABLE t (id int PRIMARY KEY, a int CHECK (a <> 5), b int, CONSTRAINT less CHECK (a <= b), CONSTRAINT text CHECK (id <> 0 OR a = 1));
--- computed columns come and change
CREATE TABLE t (id int PRIMARY KEY, a int, v int AS (a + 1) VIRTUAL, s int AS (a + 1) STORED);
--- >
CREATE TABLE t (id int PRIMARY KEY, a int, v int AS (a + 2) VIRTUAL, s int AS (a * 2) STORED, w varchar(20) AS (concat('a', a)) VIRTUAL);
--- computed columns become stored, and stored ones computed
CREATE TABLE t (id int PRIMARY KEY, a int, v int AS (a + 1) VIRTUAL, s int AS (a + 1) STORED, KEY k (s));
--- >
CREATE TABLE t (id int PRIMARY KEY, a int, v int AS (a + 1) STORED, s int AS (a + 1) VIRTUAL, KEY k (s));
--- a stored column becomes a plain one
CREATE TABLE t (id int PRIMARY KEY, a int, s int AS (a + 1) STORED);
--- >
CREATE TABLE t (id int PRIMARY KEY, a int, s int);
--- a computed column goes with what it is computed from
CREATE TABLE t (id int PRIMARY KEY, a int, v int AS (a + 1) VIRTUAL);
--- >
CREATE TABLE t (id int PRIMARY KEY);
--- a character set changes
CREATE TABLE t (id int PRIMARY KEY, a varchar(20), b text, e enum('x', 'y')) CHARSET latin1;
--- >
CREATE TABLE t (id int PRIMARY KEY, a varchar(20), b text, e enum('x', 'y')) CHARSET utf8mb4 COLLATE utf8mb4_unicode_ci;
--- a table's character set changes, and its columns stay
CREATE TABLE t (id int PRIMARY KEY, a varchar(20), b varchar(20)) CHARSET utf8mb3;
--- >
CREATE TABLE t (id int PRIMARY KEY, a varchar(20) CHARACTER SET utf8mb3, b varchar(20)) CHARSET utf8mb4;
--- a column's collation changes
CREATE TABLE t (id int PRIMARY KEY, a varchar(20), b varchar(20) COLLATE utf8mb4_bin);
--- >
CREATE TABLE t (id int PRIMARY KEY, a varchar(20) COLLATE utf8mb4_bin, b varchar(20));
--- collations of keys that refer to each other change
CREATE TABLE p (id varchar(20) PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p varchar(20), FOREIGN KEY (p) REFERENCES p (id));
--- >
CREATE TABLE p (id varchar(20) COLLATE utf8mb4_bin PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p varchar(20) COLLATE utf8mb4_bin, FOREIGN KEY (p) REFERENCES p (id));
--- comments come, change and go
CREATE TABLE t (id int PRIMARY KEY COMMENT 'key', a int, b int COMMENT 'b') COMMENT='old';
CREATE TABLE u (id int PRIMARY KEY);
CREATE TABLE v (id int PRIMARY KEY) COMMENT='gone';
--- >
CREATE TABLE t (id int PRIMARY KEY, a int COMMENT 'it''s; "new"\n', b int COMMENT 'c') COMMENT='new';
CREATE TABLE u (id int PRIMARY KEY) COMMENT='a\\b';
CREATE TABLE v (id int PRIMARY KEY);
--- an engine and a row format change
CREATE TABLE t (id int PRIMARY KEY, a int) ENGINE=MyISAM;
CREATE TABLE u (id int PRIMARY KEY) ROW_FORMAT=COMPRESSED;
--- >
CREATE TABLE t (id int PRIMARY KEY, a int) ENGINE=InnoDB;
CREATE TABLE u (id int PRIMARY KEY);
--- json
CREATE TABLE t (id int PRIMARY KEY, a json, b longtext);
--- >
CREATE TABLE t (id int PRIMARY KEY, a json NOT NULL, b json, c json);
--- views come, in any order
CREATE TABLE t (id int PRIMARY KEY, a int);
--- >
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE VIEW a AS SELECT id, z.a FROM z;
CREATE VIEW z AS SELECT * FROM t WHERE a > 1;
CREATE VIEW m (x, y) AS SELECT a.id, t.a FROM a JOIN t ON t.id = a.id;
--- views change and go
CREATE TABLE t (id int PRIMARY KEY, a int, b varchar(20));
CREATE VIEW v AS SELECT id, a FROM t;
CREATE VIEW w AS SELECT id FROM v;
CREATE VIEW x AS SELECT count(*) AS n FROM t;
--- >
CREATE TABLE t (id int PRIMARY KEY, a int, b varchar(20));
CREATE VIEW v AS SELECT id, b, 'é' AS c FROM t WHERE b LIKE 'x%' WITH CHECK OPTION;
CREATE VIEW w AS SELECT id, b FROM v;
--- a column goes under a view
CREATE TABLE t (id int PRIMARY KEY, a int, b int);
CREATE VIEW v AS SELECT id, a, b FROM t;
--- >
CREATE TABLE t (id int PRIMARY KEY, b int);
CREATE SQL SECURITY INVOKER VIEW v AS SELECT id, b FROM t;
--- a view becomes a table, and a table a view
CREATE TABLE a (id int PRIMARY KEY);
CREATE VIEW b AS SELECT id FROM a;
CREATE TABLE c (id int PRIMARY KEY);
--- >
CREATE TABLE a (id int PRIMARY KEY);
CREATE TABLE b (id int PRIMARY KEY);
CREATE VIEW c AS SELECT id FROM b;
--- a view has the algorithm that it asks for
CREATE TABLE t (id int PRIMARY KEY);
CREATE VIEW v AS SELECT id FROM t;
--- >
CREATE TABLE t (id int PRIMARY KEY);
CREATE ALGORITHM=TEMPTABLE VIEW v AS SELECT id FROM t;
--- triggers come, change and go
CREATE TABLE t (id int PRIMARY KEY, a int, b int);
CREATE TRIGGER one BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1;
CREATE TRIGGER two BEFORE UPDATE ON t FOR EACH ROW SET NEW.b = 1;
CREATE TRIGGER three AFTER DELETE ON t FOR EACH ROW DO 1;
--- >
CREATE TABLE t (id int PRIMARY KEY, a int, b int);
CREATE TRIGGER zero BEFORE INSERT ON t FOR EACH ROW SET NEW.b = NEW.a;
CREATE TRIGGER one BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1;
CREATE TRIGGER two BEFORE UPDATE ON t FOR EACH ROW BEGIN SET NEW.b = 2; IF NEW.a > 3 THEN SET NEW.a = 3; END IF; END;
--- a trigger goes with its table
CREATE TABLE t (id int PRIMARY KEY);
CREATE TRIGGER one BEFORE INSERT ON t FOR EACH ROW SET NEW.id = 1;
--- >
CREATE TABLE u (a varchar(20));
--- a table is renamed with all that is in it
CREATE TABLE people (id int PRIMARY KEY, boss int, FOREIGN KEY (boss) REFERENCES people (id));
CREATE TABLE pets (id int PRIMARY KEY, owner int, FOREIGN KEY (owner) REFERENCES people (id));
CREATE TRIGGER one BEFORE INSERT ON people FOR EACH ROW SET NEW.boss = NULL;
CREATE VIEW v AS SELECT id FROM people;
--- >
CREATE TABLE users ( -- @renamed from=people
    id bigint PRIMARY KEY, boss bigint, FOREIGN KEY (boss) REFERENCES users (id));
CREATE TABLE pets (id int PRIMARY KEY, owner bigint, FOREIGN KEY (owner) REFERENCES users (id));
CREATE TRIGGER one BEFORE INSERT ON users FOR EACH ROW SET NEW.boss = NULL;
CREATE VIEW v AS SELECT id FROM users;
--- columns are renamed
CREATE TABLE t (id int PRIMARY KEY, a int, b varchar(20), KEY k (a, b), CHECK (a > 0), v int AS (a + 1) VIRTUAL);
CREATE VIEW w AS SELECT a FROM t;
--- >
CREATE TABLE t (id int PRIMARY KEY,
    x int, -- @renamed from=a
    y varchar(40) NOT NULL DEFAULT '', -- @renamed from=b
    KEY k (x, y), CHECK (x > 0), v int AS (x + 1) VIRTUAL);
CREATE VIEW w AS SELECT x FROM t;
--- columns change names
CREATE TABLE t (id int PRIMARY KEY, a int, b varchar(20));
--- >
CREATE TABLE t (id int PRIMARY KEY,
    b int, -- @renamed from=a
    a varchar(20) -- @renamed from=b
);
--- tables change names
CREATE TABLE a (id int PRIMARY KEY, x int);
CREATE TABLE b (id int PRIMARY KEY, y varchar(20));
--- >
CREATE TABLE b ( -- @renamed from=a
    id int PRIMARY KEY, x int);
CREATE TABLE a ( -- @renamed from=b
    id int PRIMARY KEY, y varchar(20));
--- a column that a foreign key refers to is renamed
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p int, FOREIGN KEY (p) REFERENCES p (id));
--- >
CREATE TABLE p (
    key_ int PRIMARY KEY -- @renamed from=id
);
CREATE TABLE c (id int PRIMARY KEY,
    parent int, -- @renamed from=p
    KEY p (parent), FOREIGN KEY (parent) REFERENCES p (key_));
--- a name is written in other letters
CREATE TABLE t (Id int PRIMARY KEY, Name varchar(20), KEY byname (Name));
--- >
CREATE TABLE t (id int PRIMARY KEY, name varchar(20), KEY byname (name));
--- names that have to be quoted
CREATE TABLE `select` (`from` int PRIMARY KEY, `a``b` int, `é ü` varchar(20));
--- >
CREATE TABLE `select` (`from` bigint PRIMARY KEY, `a``b` int, `é ü` varchar(30), `group` int, KEY `order` (`group`, `a``b`));
CREATE VIEW `where` AS SELECT `a``b` FROM `select`;
--- an invisible column and an ignored index
CREATE TABLE t (id int PRIMARY KEY, a int, KEY k (a));
--- >
CREATE TABLE t (id int PRIMARY KEY, a int INVISIBLE, KEY k (a) IGNORED);
--- zeros that are shown
CREATE TABLE t (id int PRIMARY KEY, a int(5) ZEROFILL, b int(3));
--- >
CREATE TABLE t (id int PRIMARY KEY, a int(7) ZEROFILL, b int(4));
--- types of every family
CREATE TABLE t (id int PRIMARY KEY);
--- >
CREATE TABLE t (id int PRIMARY KEY, a tinyint unsigned, b bit(8), c year, d uuid, e inet6, f point, g geometry, h float(7,3), i double, j set('a'), k char, l binary(3), m mediumblob, n boolean NOT NULL DEFAULT true);
--- partitions stay
CREATE TABLE t (id int PRIMARY KEY, a int) PARTITION BY HASH (id) PARTITIONS 3;
--- >
CREATE TABLE t (id int PRIMARY KEY, a bigint, b int) PARTITION BY HASH (id) PARTITIONS 3;
--- a column changes its type and may no longer be null
CREATE TABLE t (id int PRIMARY KEY, a enum('x'), b smallint, c varchar(2) CHECK (c <> 'no'));
--- >
CREATE TABLE t (id int PRIMARY KEY, a enum('x', 'y') NOT NULL DEFAULT 'y', b timestamp NOT NULL DEFAULT current_timestamp,
    d varchar(20) NOT NULL DEFAULT 'long enough' -- @renamed from=c
);
--- partitions come, change and go
CREATE TABLE a (id int PRIMARY KEY, x int);
CREATE TABLE b (id int PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 3;
CREATE TABLE c (id int, y date NOT NULL, PRIMARY KEY (id, y)) PARTITION BY RANGE (year(y)) (PARTITION p0 VALUES LESS THAN (2030), PARTITION p1 VALUES LESS THAN MAXVALUE);
--- >
CREATE TABLE a (id int PRIMARY KEY, x int, z int) PARTITION BY KEY (id) PARTITIONS 2;
CREATE TABLE b (id int PRIMARY KEY, z int) PARTITION BY LIST (id) (PARTITION p0 VALUES IN (1, 2, 3), PARTITION p1 DEFAULT);
CREATE TABLE c (id int PRIMARY KEY, y date NOT NULL);
--- a key that counts comes first, and goes
CREATE TABLE a (name varchar(20));
CREATE TABLE b (id bigint AUTO_INCREMENT PRIMARY KEY, created_at datetime NOT NULL);
CREATE TABLE c (id bigint AUTO_INCREMENT PRIMARY KEY, name varchar(20));
--- >
CREATE TABLE a (id bigint AUTO_INCREMENT, name varchar(20), PRIMARY KEY (id));
CREATE TABLE b (created_at datetime NOT NULL);
CREATE TABLE c (id bigint PRIMARY KEY, name varchar(20));
--- a default of a text that is JSON
CREATE TABLE t (id int PRIMARY KEY, data longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin CHECK (json_valid(data)));
--- >
CREATE TABLE t (id int PRIMARY KEY, data longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT '[]' CHECK (json_valid(data)));
--- an index of the first letters of a text comes with the text
CREATE TABLE t (id int PRIMARY KEY, a varchar(20), KEY a (a));
--- >
CREATE TABLE t (id int PRIMARY KEY, a text, KEY a (a(20)));
--- what a dropped table refers to changes
CREATE TABLE a (id int PRIMARY KEY, x int UNIQUE);
CREATE TABLE b (id int PRIMARY KEY, x int, FOREIGN KEY (x) REFERENCES a (x));
--- >
CREATE TABLE a (id int PRIMARY KEY, x bigint UNIQUE);
--- what is computed becomes what is not, of another type, and must have a value
CREATE TABLE t (k int PRIMARY KEY, a int, d int AS (a * 2) STORED UNIQUE, e int AS (a + 1), f int AS (a + 2) STORED, KEY (e, k));
--- >
CREATE TABLE t (k int PRIMARY KEY, a int, d datetime(3) COMMENT 'it''s', e bigint NOT NULL DEFAULT 0, f bigint, KEY (e, k));
--- what is computed and stored becomes what must have a value
CREATE TABLE t (k int PRIMARY KEY, a int, d int AS (a * 2) STORED);
--- >
CREATE TABLE t (k int PRIMARY KEY, a int, d int NOT NULL DEFAULT 1);
--- columns of a foreign key get other names while their tables are written again
CREATE TABLE p (id int PRIMARY KEY, x int UNIQUE);
CREATE TABLE c (id int PRIMARY KEY, x int, FOREIGN KEY (x) REFERENCES p (x));
--- >
CREATE TABLE p (id bigint PRIMARY KEY,
    y int UNIQUE -- @renamed from=x
);
CREATE TABLE c (id bigint PRIMARY KEY,
    z int, -- @renamed from=x
    FOREIGN KEY (z) REFERENCES p (y));
--- what was unique and may be null must have a value, and is not unique any more
CREATE TABLE p (id int PRIMARY KEY, u int UNIQUE);
CREATE TABLE t (id int PRIMARY KEY, f int UNIQUE, g double UNIQUE, h int, u int UNIQUE, CHECK (h <> 3), FOREIGN KEY (u) REFERENCES p (u));
CREATE TABLE c (id int PRIMARY KEY, f int, FOREIGN KEY (f) REFERENCES t (f));
--- >
CREATE TABLE p (id int PRIMARY KEY, u int UNIQUE);
CREATE TABLE t (id int PRIMARY KEY, f int NOT NULL DEFAULT 1, KEY f (f), g int NOT NULL DEFAULT 1, h int NOT NULL DEFAULT 3, u int NOT NULL DEFAULT 1, KEY (u), FOREIGN KEY (u) REFERENCES p (u));
CREATE TABLE c (id int PRIMARY KEY, f int, FOREIGN KEY (f) REFERENCES t (f));
--- what takes a value does not note that its row was changed
CREATE TABLE t (id int PRIMARY KEY, a int, b int, ts timestamp NULL DEFAULT NULL ON UPDATE current_timestamp, u datetime ON UPDATE current_timestamp);
--- >
CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL DEFAULT 1, b int NOT NULL DEFAULT 7,
    changed timestamp NULL DEFAULT NULL ON UPDATE current_timestamp, -- @renamed from=ts
    u datetime ON UPDATE current_timestamp);
--- a default that names a column which gets another name
CREATE TABLE t (id int PRIMARY KEY, a int, b int, c int);
--- >
CREATE TABLE t (id int PRIMARY KEY,
    x int, -- @renamed from=a
    b int NOT NULL DEFAULT (x), c int NOT NULL DEFAULT (coalesce(x, 2)));
--- options of a table come and go
CREATE TABLE a (id int PRIMARY KEY, x int, KEY i (x DESC)) ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8 MAX_ROWS=1000 MIN_ROWS=1 AVG_ROW_LENGTH=20 CHECKSUM=1 DELAY_KEY_WRITE=1;
CREATE TABLE b (id int PRIMARY KEY) ENGINE=Aria CONNECTION='x' PACK_KEYS=1 TRANSACTIONAL=1;
CREATE TABLE c (id int PRIMARY KEY);
CREATE TABLE d (id int PRIMARY KEY) PAGE_COMPRESSED=1;
CREATE TABLE e (id int PRIMARY KEY, x int UNIQUE) ENGINE=Aria ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8;
CREATE TABLE f (id int PRIMARY KEY, x int UNIQUE) ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8;
--- >
CREATE TABLE f (id int PRIMARY KEY, x int UNIQUE, UNIQUE ix (id, x)) ENGINE=Aria;
CREATE TABLE e (id int AUTO_INCREMENT PRIMARY KEY, x int UNIQUE) PAGE_COMPRESSED=1 MAX_ROWS=1000;
CREATE TABLE d (id int PRIMARY KEY) ENGINE=MyISAM;
CREATE TABLE a (id int PRIMARY KEY, x int, KEY j (x DESC));
CREATE TABLE b (id int PRIMARY KEY) STATS_PERSISTENT=1 STATS_AUTO_RECALC=0 STATS_SAMPLE_PAGES=5;
CREATE TABLE c (id int PRIMARY KEY) PAGE_COMPRESSED=1 COMMENT='it''s=(1), ENGINE=x';
--- sequences come, change and go, with defaults that count by them
CREATE SEQUENCE a START 10 INCREMENT BY 2;
CREATE SEQUENCE b;
CREATE SEQUENCE c MAXVALUE 1000 CYCLE;
CREATE TABLE t (id int PRIMARY KEY, n bigint DEFAULT (nextval(a)), m bigint NOT NULL DEFAULT (nextval(c)));
--- >
CREATE SEQUENCE a START 10 INCREMENT BY 5 CACHE 20;
CREATE SEQUENCE c MAXVALUE 1000 CYCLE;
CREATE SEQUENCE `d e` START -3 INCREMENT BY -1;
CREATE TABLE t (id int PRIMARY KEY, n bigint, m bigint NOT NULL DEFAULT (nextval(c)), o bigint DEFAULT (nextval(`d e`)));
CREATE VIEW b AS SELECT id FROM t;
--- a column gets a type of which none of its values can be made
CREATE TABLE t (id int PRIMARY KEY, a point, b int UNIQUE, c uuid NOT NULL DEFAULT (uuid()), d inet6, e datetime);
--- >
CREATE TABLE t (id int PRIMARY KEY, a time(2), b uuid UNIQUE, c int NOT NULL DEFAULT 1, d varchar(60), e inet4);
--- a column gets a type that its index cannot have, and must have a value
CREATE TABLE t (k int AUTO_INCREMENT PRIMARY KEY, a int UNIQUE, c int, KEY x (c DESC, k), UNIQUE y (c));
--- >
CREATE TABLE t (k int AUTO_INCREMENT PRIMARY KEY, a int UNIQUE, c text NOT NULL DEFAULT '[]');
