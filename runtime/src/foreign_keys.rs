//! Foreign keys of SQLite that refer to nothing by which a row could be found.

/// Asks for the foreign keys that fit no unique key of their parent, each by its table and its number.
///
/// SQLite makes them, refuses what is written to their tables while `foreign_keys` is on, and checks none of these tables
/// ("SQLite Foreign Key Support", 3: required and suggested database indexes).
pub(crate) const UNFIT: &str = "SELECT k.child, k.id FROM (SELECT t.name AS child, f.id AS id, f.\"table\" AS parent, \
     count(*) AS members, count(f.\"to\") AS named FROM sqlite_schema t JOIN pragma_foreign_key_list(t.name) f \
     WHERE t.type = 'table' GROUP BY t.name, f.id) k \
     WHERE EXISTS (SELECT 1 FROM pragma_table_info(k.parent)) AND NOT CASE WHEN k.named = 0 \
     THEN k.members = (SELECT count(*) FROM pragma_table_info(k.parent) WHERE pk > 0) \
     ELSE EXISTS (SELECT 1 FROM pragma_foreign_key_list(k.child) f JOIN pragma_table_info(k.parent) c \
     ON c.name = f.\"to\" COLLATE NOCASE WHERE f.id = k.id AND k.members = 1 AND c.pk = 1 \
     AND 1 = (SELECT count(*) FROM pragma_table_info(k.parent) WHERE pk > 0)) \
     OR EXISTS (SELECT 1 FROM pragma_index_list(k.parent) i WHERE i.\"unique\" AND NOT i.partial \
     AND k.members = (SELECT count(*) FROM pragma_index_info(i.name)) \
     AND k.members = (SELECT count(*) FROM pragma_index_info(i.name) x JOIN pragma_foreign_key_list(k.child) f \
     ON f.id = k.id AND f.\"to\" = x.name COLLATE NOCASE)) END";
