//! What a catalog has that is not compared: nothing of it is planned, and so it has to be told.

use super::Catalog;

impl Catalog {
    /// Returns what there is that is not compared.
    pub(crate) fn unseen(&self) -> impl Iterator<Item = &str> {
        self.unseen.iter().map(String::as_str)
    }

    /// Returns what is this database's own, and no revision's to make.
    pub(crate) fn own(&self) -> impl Iterator<Item = &str> {
        self.own.iter().map(String::as_str)
    }
}

/// Asks for it, each as PostgreSQL describes it, and for what is the database's own: settings, roles other than one's own that
/// objects belong to.
pub(super) const UNSEEN: &str = "SELECT 'object', pg_catalog.pg_describe_object(u.class, u.id, 0) FROM (\
    SELECT tableoid AS class, oid AS id FROM pg_catalog.pg_event_trigger \
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_publication \
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_collation \
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_conversion \
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_operator \
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_opclass \
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_opfamily \
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_cast \
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_ts_config \
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_ts_dict \
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_ts_parser \
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_ts_template \
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_foreign_data_wrapper \
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_foreign_server \
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_language \
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_am \
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_transform \
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_default_acl \
    UNION ALL SELECT t.tableoid, t.oid FROM pg_catalog.pg_type t WHERE t.typtype = 'p' OR t.typtype = 'b' AND t.typrelid = 0 \
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.typarray = t.oid)) u \
    WHERE u.id >= 16384 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e \
      WHERE e.classid = u.class AND e.objid = u.id AND e.deptype IN ('e', 'i')) \
    UNION ALL SELECT 'object', 'subscription ' || s.subname FROM pg_catalog.pg_subscription s \
      JOIN pg_catalog.pg_database b ON b.oid = s.subdbid WHERE b.datname = pg_catalog.current_database() \
    UNION ALL SELECT 'object', 'user mapping for ' || m.usename || ' on server ' || m.srvname FROM pg_catalog.pg_user_mappings m \
    UNION ALL SELECT 'database', 'large objects' WHERE EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata) \
    UNION ALL SELECT 'database', 'settings of the database' WHERE EXISTS (SELECT FROM pg_catalog.pg_db_role_setting s \
      JOIN pg_catalog.pg_database b ON b.oid = s.setdatabase WHERE b.datname = pg_catalog.current_database()) \
    UNION ALL SELECT 'object', 'security labels' WHERE EXISTS (SELECT FROM pg_catalog.pg_seclabel) \
    UNION ALL SELECT 'object', p.what || ' of ' || pg_catalog.pg_describe_object(p.class, p.id, p.part) FROM (\
      SELECT c.oid, 'tablespace' AS what, c.tableoid AS class, c.oid AS id, 0 AS part FROM pg_catalog.pg_class c \
        WHERE c.reltablespace <> 0 \
      UNION ALL SELECT c.oid, 'access method', c.tableoid, c.oid, 0 FROM pg_catalog.pg_class c \
        JOIN pg_catalog.pg_am m ON m.oid = c.relam WHERE c.relkind IN ('r', 'm') AND m.amname <> 'heap' \
      UNION ALL SELECT c.oid, 'parameters of the TOAST table', c.tableoid, c.oid, 0 FROM pg_catalog.pg_class c \
        JOIN pg_catalog.pg_class t ON t.oid = c.reltoastrelid WHERE t.reloptions IS NOT NULL \
      UNION ALL SELECT c.oid, 'parameters', c.tableoid, c.oid, 0 FROM pg_catalog.pg_constraint k \
        JOIN pg_catalog.pg_class c ON c.oid = k.conindid WHERE k.contype IN ('p', 'u', 'x') AND c.reloptions IS NOT NULL \
      UNION ALL SELECT c.oid, 'options', c.tableoid, c.oid, 0 FROM pg_catalog.pg_foreign_table f \
        JOIN pg_catalog.pg_class c ON c.oid = f.ftrelid WHERE f.ftoptions IS NOT NULL \
      UNION ALL SELECT c.oid, 'options', c.tableoid, c.oid, a.attnum FROM pg_catalog.pg_attribute a \
        JOIN pg_catalog.pg_class c ON c.oid = a.attrelid WHERE a.attnum > 0 AND NOT a.attisdropped \
        AND (a.attfdwoptions IS NOT NULL \
          OR EXISTS (SELECT FROM pg_catalog.unnest(a.attoptions) o WHERE o LIKE 'n\\_distinct%')) \
      UNION ALL SELECT c.oid, 'statistics target', c.tableoid, c.oid, a.attnum FROM pg_catalog.pg_attribute a \
        JOIN pg_catalog.pg_class c ON c.oid = a.attrelid WHERE c.relkind IN ('i', 'I') AND a.attstattarget >= 0 \
      UNION ALL SELECT c.oid, 'default', c.tableoid, c.oid, d.adnum FROM pg_catalog.pg_attrdef d \
        JOIN pg_catalog.pg_class c ON c.oid = d.adrelid WHERE c.relkind = 'v' \
      UNION ALL SELECT c.oid, 'comment', c.tableoid, c.oid, d.objsubid FROM pg_catalog.pg_description d \
        JOIN pg_catalog.pg_class c ON c.oid = d.objoid AND d.classoid = c.tableoid WHERE c.relkind = 'c' AND d.objsubid > 0 \
      UNION ALL SELECT k.oid, 'comment', k.tableoid, k.oid, 0 FROM pg_catalog.pg_description d \
        JOIN pg_catalog.pg_constraint k ON k.oid = d.objoid AND d.classoid = k.tableoid WHERE k.contypid <> 0 \
      UNION ALL SELECT s.oid, 'statistics target', s.tableoid, s.oid, 0 FROM pg_catalog.pg_statistic_ext s \
        WHERE s.stxstattarget >= 0) p WHERE p.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e \
        WHERE e.classid = p.class AND e.objid = p.id AND e.deptype = 'e') \
    UNION ALL SELECT DISTINCT 'database', 'owner ' || pg_catalog.pg_get_userbyid(o.owner) FROM (\
      SELECT c.relowner AS owner, c.tableoid AS class, c.oid AS id, c.relnamespace AS schema FROM pg_catalog.pg_class c \
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') \
      UNION ALL SELECT p.proowner, p.tableoid, p.oid, p.pronamespace FROM pg_catalog.pg_proc p \
      UNION ALL SELECT t.typowner, t.tableoid, t.oid, t.typnamespace FROM pg_catalog.pg_type t WHERE t.typtype IN ('e', 'd', 'r') \
      UNION ALL SELECT n.nspowner, n.tableoid, n.oid, n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname <> 'public') o \
    JOIN pg_catalog.pg_namespace n ON n.oid = o.schema \
    WHERE o.owner <> (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = current_user) AND o.id >= 16384 AND NOT {system} \
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = o.class AND e.objid = o.id AND e.deptype IN ('e', 'i'))";
