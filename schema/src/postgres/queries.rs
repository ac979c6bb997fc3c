//! The questions to `pg_catalog`: each answers for all objects of one kind.
//!
//! Names come as they are, types and expressions as the server writes them with an empty `search_path`: qualified unless
//! they are PostgreSQL's own. What belongs to an extension is left out.

use super::unseen::UNSEEN;

/// Which answer a query gives; the order is that of [`queries`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Behind the one that sets the session.
    Schemas = 1,
    Extensions,
    Types,
    Labels,
    Sequences,
    Functions,
    Relations,
    Parents,
    Columns,
    Constraints,
    Indexes,
    Triggers,
    Policies,
    Rules,
    Statistics,
    Members,
    Dependencies,
    Casts,
    Unseen,
}

/// The schemas that are not a user's.
const SYSTEM: &str = "(n.nspname LIKE 'pg\\_%' OR n.nspname = 'information_schema')";

/// Returns the queries: all are to be sent as one message, so that the first holds for the others.
pub(super) fn queries() -> Vec<String> {
    [
        SESSION, SCHEMAS, EXTENSIONS, TYPES, LABELS, SEQUENCES, FUNCTIONS, RELATIONS, PARENTS, COLUMNS,
        CONSTRAINTS, INDEXES, TRIGGERS, POLICIES, RULES, STATISTICS, MEMBERS, DEPENDENCIES, CASTS,
        UNSEEN,
    ]
    .iter()
    .map(|query| {
        let query = query.replace("{system}", SYSTEM);
        let query = expand(&query, "member", |arguments| {
            format!(
                "EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.{}'::pg_catalog.regclass \
                 AND e.objid = {} AND e.deptype = 'e')",
                arguments[0], arguments[1]
            )
        });
        expand(&query, "acl", |arguments| {
            // Privileges as PostgreSQL would apply them: the default ones where none were given.
            format!(
                "(SELECT pg_catalog.string_agg(g.line, E'\\n' ORDER BY g.line COLLATE \"C\") FROM (SELECT x.privilege_type \
                 || E'\\t' || CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(x.grantee)) END \
                 || E'\\t' || x.is_grantable AS line \
                 FROM pg_catalog.aclexplode(coalesce({}, pg_catalog.acldefault('{}', {}))) x WHERE x.grantee <> {}) g)",
                arguments[0], arguments[1], arguments[2], arguments[2]
            )
        })
    })
    .collect()
}

/// Replaces each `{name:a:b}`.
fn expand(query: &str, name: &str, with: impl Fn(&[&str]) -> String) -> String {
    let opening = format!("{{{name}:");
    let mut out = String::new();
    let mut rest = query;
    while let Some((before, after)) = rest.split_once(&opening) {
        let Some((arguments, after)) = after.split_once('}') else { break };
        out.push_str(before);
        out.push_str(&with(&arguments.split(':').collect::<Vec<_>>()));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// `true`: for this transaction, which is the message.
const SESSION: &str = "SELECT pg_catalog.set_config('search_path', '', true), pg_catalog.set_config('jit', 'off', true)";

const SCHEMAS: &str = "SELECT n.oid, n.nspname, pg_catalog.obj_description(n.oid, 'pg_namespace'), {acl:n.nspacl:n:n.nspowner} \
    FROM pg_catalog.pg_namespace n WHERE NOT {system} AND NOT {member:pg_namespace:n.oid} ORDER BY 2";

const EXTENSIONS: &str = "SELECT e.oid, e.extname, n.nspname, e.extversion, \
    (SELECT pg_catalog.string_agg(u.target, E'\t') FROM pg_catalog.pg_extension_update_paths(e.extname) u \
      WHERE u.source = e.extversion AND u.path IS NOT NULL), pg_catalog.obj_description(e.oid, 'pg_extension') \
    FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace ORDER BY 2";

const TYPES: &str = "SELECT t.oid, n.nspname, t.typname, t.typtype, t.typarray, t.typrelid, \
    CASE t.typtype WHEN 'd' THEN pg_catalog.format_type(t.typbasetype, t.typtypmod) END, t.typnotnull, \
    CASE t.typtype WHEN 'd' THEN pg_catalog.pg_get_expr(t.typdefaultbin, 0) END, \
    CASE WHEN t.typtype = 'd' AND t.typcollation <> b.typcollation THEN (SELECT pg_catalog.quote_ident(cn.nspname) || '.' \
      || pg_catalog.quote_ident(co.collname) FROM pg_catalog.pg_collation co JOIN pg_catalog.pg_namespace cn \
      ON cn.oid = co.collnamespace WHERE co.oid = t.typcollation) END, \
    (SELECT CASE WHEN r.rngsubdiff::pg_catalog.oid = 0 THEN '' ELSE ', subtype_diff = ' || r.rngsubdiff::pg_catalog.regproc END \
      || CASE WHEN r.rngcanonical::pg_catalog.oid = 0 THEN '' ELSE ', canonical = ' || r.rngcanonical::pg_catalog.regproc END \
      || CASE WHEN r.rngcollation IN (0, s.typcollation) THEN '' ELSE ', collation = ' || r.rngcollation::pg_catalog.regcollation END \
      || CASE WHEN c.opcdefault THEN '' ELSE ', subtype_opclass = ' || pg_catalog.quote_ident(cn.nspname) || '.' \
        || pg_catalog.quote_ident(c.opcname) END \
      FROM pg_catalog.pg_range r JOIN pg_catalog.pg_type s ON s.oid = r.rngsubtype \
      JOIN pg_catalog.pg_opclass c ON c.oid = r.rngsubopc JOIN pg_catalog.pg_namespace cn ON cn.oid = c.opcnamespace \
      WHERE r.rngtypid = t.oid), \
    r.rngmultitypid, pg_catalog.format_type(r.rngsubtype, NULL), m.typname, \
    pg_catalog.obj_description(t.oid, 'pg_type'), {acl:t.typacl:T:t.typowner} \
    FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace \
    LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid \
    LEFT JOIN pg_catalog.pg_range r ON r.rngtypid = t.oid LEFT JOIN pg_catalog.pg_type m ON m.oid = r.rngmultitypid \
    WHERE NOT {system} AND NOT {member:pg_type:t.oid} AND (t.typtype IN ('e', 'd', 'r') OR c.relkind = 'c') \
    ORDER BY n.nspname, t.typname";

const LABELS: &str = "SELECT e.enumtypid, e.enumlabel FROM pg_catalog.pg_enum e WHERE e.enumtypid >= 16384 \
    ORDER BY e.enumtypid, e.enumsortorder";

const SEQUENCES: &str = "SELECT c.oid, n.nspname, c.relname, pg_catalog.format_type(s.seqtypid, NULL), s.seqstart, \
    s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle, c.relpersistence, d.deptype, d.refobjid, d.refobjsubid, \
    pg_catalog.obj_description(c.oid, 'pg_class'), {acl:c.relacl:s:c.relowner} \
    FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid \
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid \
      AND d.objsubid = 0 AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype IN ('a', 'i') \
    WHERE NOT {system} AND NOT {member:pg_class:c.oid} ORDER BY 2, 3";

const FUNCTIONS: &str = "SELECT p.oid, n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid), p.prokind, \
    CASE WHEN p.prokind <> 'a' THEN pg_catalog.pg_get_functiondef(p.oid) ELSE (SELECT 'SFUNC = ' || a.aggtransfn \
      || ', STYPE = ' || pg_catalog.format_type(a.aggtranstype, NULL) \
      || CASE WHEN a.aggfinalfn::pg_catalog.oid = 0 THEN '' ELSE ', FINALFUNC = ' || a.aggfinalfn END \
      || CASE WHEN a.aggcombinefn::pg_catalog.oid = 0 THEN '' ELSE ', COMBINEFUNC = ' || a.aggcombinefn END \
      || CASE WHEN a.aggtransspace = 0 THEN '' ELSE ', SSPACE = ' || a.aggtransspace END \
      || CASE WHEN a.aggfinalextra THEN ', FINALFUNC_EXTRA' ELSE '' END \
      || CASE WHEN a.aggfinalmodify = CASE a.aggkind WHEN 'n' THEN 'r' ELSE 'w' END THEN '' ELSE ', FINALFUNC_MODIFY = ' \
        || CASE a.aggfinalmodify WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END \
      || CASE WHEN a.aggserialfn::pg_catalog.oid = 0 THEN '' ELSE ', SERIALFUNC = ' || a.aggserialfn \
        || ', DESERIALFUNC = ' || a.aggdeserialfn END \
      || CASE WHEN a.aggmtransfn::pg_catalog.oid = 0 THEN '' ELSE ', MSFUNC = ' || a.aggmtransfn || ', MINVFUNC = ' || a.aggminvtransfn \
        || ', MSTYPE = ' || pg_catalog.format_type(a.aggmtranstype, NULL) \
        || CASE WHEN a.aggmtransspace = 0 THEN '' ELSE ', MSSPACE = ' || a.aggmtransspace END \
        || CASE WHEN a.aggmfinalfn::pg_catalog.oid = 0 THEN '' ELSE ', MFINALFUNC = ' || a.aggmfinalfn END \
        || CASE WHEN a.aggmfinalextra THEN ', MFINALFUNC_EXTRA' ELSE '' END \
        || CASE WHEN a.aggminitval IS NULL THEN '' ELSE ', MINITCOND = ' || pg_catalog.quote_literal(a.aggminitval) END END \
      || CASE WHEN a.aggsortop = 0 THEN '' ELSE (SELECT ', SORTOP = OPERATOR(' || pg_catalog.quote_ident(sn.nspname) || '.' \
        || s.oprname || ')' FROM pg_catalog.pg_operator s JOIN pg_catalog.pg_namespace sn ON sn.oid = s.oprnamespace \
        WHERE s.oid = a.aggsortop) END \
      || CASE p.proparallel WHEN 's' THEN ', PARALLEL = SAFE' WHEN 'r' THEN ', PARALLEL = RESTRICTED' ELSE '' END \
      || CASE a.aggkind WHEN 'h' THEN ', HYPOTHETICAL' ELSE '' END \
      || CASE WHEN a.agginitval IS NULL THEN '' ELSE ', INITCOND = ' || pg_catalog.quote_literal(a.agginitval) END \
      FROM pg_catalog.pg_aggregate a WHERE a.aggfnoid = p.oid) END, \
    l.lanname, p.prosqlbody IS NOT NULL, pg_catalog.pg_get_function_result(p.oid), \
    pg_catalog.pg_get_function_arguments(p.oid), pg_catalog.oidvectortypes(p.proargtypes), \
    pg_catalog.obj_description(p.oid, 'pg_proc'), {acl:p.proacl:f:p.proowner} \
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace \
    JOIN pg_catalog.pg_language l ON l.oid = p.prolang \
    WHERE NOT {system} AND NOT {member:pg_proc:p.oid} \
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend i WHERE i.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass \
      AND i.objid = p.oid AND i.deptype = 'i') ORDER BY 2, 3, 4";

const RELATIONS: &str = "SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence, c.relrowsecurity, \
    c.relforcerowsecurity, c.relreplident, (SELECT ic.relname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class ic \
      ON ic.oid = i.indexrelid WHERE i.indrelid = c.oid AND i.indisreplident), \
    (SELECT pg_catalog.string_agg(pg_catalog.split_part(o, '=', 1) || '=' || pg_catalog.quote_literal(pg_catalog.substr(o, pg_catalog.strpos(o, '=') + 1)), ', ' ORDER BY o) \
      FROM pg_catalog.unnest(c.reloptions) o), \
    CASE c.relkind WHEN 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END, \
    CASE WHEN c.relispartition THEN pg_catalog.pg_get_expr(c.relpartbound, c.oid) END, \
    CASE WHEN c.relispartition THEN pg_catalog.pg_get_partition_constraintdef(c.oid) END, \
    CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid) END, c.relispopulated, \
    CASE c.relkind WHEN 'f' THEN (SELECT 'SERVER ' || pg_catalog.quote_ident(fs.srvname) FROM pg_catalog.pg_foreign_table ft \
      JOIN pg_catalog.pg_foreign_server fs ON fs.oid = ft.ftserver WHERE ft.ftrelid = c.oid) END, c.reltype, \
    CASE WHEN c.reloftype <> 0 THEN pg_catalog.format_type(c.reloftype, NULL) END, \
    pg_catalog.obj_description(c.oid, 'pg_class'), {acl:c.relacl:r:c.relowner} \
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT {system} AND NOT {member:pg_class:c.oid} ORDER BY 2, 3";

const PARENTS: &str = "SELECT i.inhrelid, i.inhparent, pn.nspname, p.relname, c.relkind \
    FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid \
    JOIN pg_catalog.pg_class p ON p.oid = i.inhparent JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace \
    ORDER BY i.inhrelid, i.inhseqno";

const COLUMNS: &str = "SELECT a.attrelid, a.attnum, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), \
    pg_catalog.format_type(coalesce(nullif(t.typbasetype, 0), t.oid), NULL), b.typcategory, \
    CASE WHEN b.typelem <> 0 AND b.typlen = -1 THEN pg_catalog.format_type(b.typelem, NULL) END, \
    CASE WHEN a.attcollation <> t.typcollation THEN (SELECT pg_catalog.quote_ident(cn.nspname) || '.' \
      || pg_catalog.quote_ident(co.collname) FROM pg_catalog.pg_collation co JOIN pg_catalog.pg_namespace cn \
      ON cn.oid = co.collnamespace WHERE co.oid = a.attcollation) END, \
    a.attnotnull, pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attgenerated, a.attidentity, a.attinhcount, a.attislocal, \
    CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage END, nullif(a.attcompression, ''), \
    nullif(a.attstattarget, -1), pg_catalog.col_description(a.attrelid, a.attnum), \
    CASE WHEN a.attacl IS NOT NULL THEN {acl:a.attacl:c:c.relowner} END, c.relkind, t.typtype \
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid \
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
    JOIN pg_catalog.pg_type b ON b.oid = coalesce(nullif(t.typbasetype, 0), t.oid) \
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
    WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND NOT {system} \
    AND c.oid >= 16384 ORDER BY a.attrelid, a.attnum";

const CONSTRAINTS: &str = "SELECT k.oid, k.conrelid, k.contypid, k.conname, k.contype, pg_catalog.pg_get_constraintdef(k.oid), \
    k.convalidated, k.connoinherit, k.conislocal, k.coninhcount, k.conparentid, k.conindid, \
    pg_catalog.array_to_string(k.conkey, ' '), \
    k.confrelid, pg_catalog.array_to_string(k.confkey, ' '), \
    k.condeferrable, pg_catalog.pg_get_expr(k.conbin, k.conrelid), pg_catalog.obj_description(k.oid, 'pg_constraint') \
    FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace \
    WHERE k.contype IN ('p', 'u', 'c', 'x', 'f') AND NOT {system} ORDER BY k.conrelid, k.contypid, k.conname";

const INDEXES: &str = "SELECT i.indexrelid, i.indrelid, n.nspname, c.relname, pg_catalog.pg_get_indexdef(i.indexrelid), \
    i.indisunique, i.indisvalid, i.indisclustered, i.indpred IS NOT NULL, i.indexprs IS NOT NULL, \
    i.indkey, \
    h.inhparent, k.oid, pg_catalog.pg_get_expr(i.indpred, i.indrelid), pg_catalog.obj_description(i.indexrelid, 'pg_class') \
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_catalog.pg_inherits h ON h.inhrelid = i.indexrelid \
    LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x') \
    WHERE NOT {system} ORDER BY 3, 4";

const TRIGGERS: &str = "SELECT t.oid, t.tgrelid, t.tgname, pg_catalog.pg_get_triggerdef(t.oid), t.tgenabled, \
    pg_catalog.obj_description(t.oid, 'pg_trigger') FROM pg_catalog.pg_trigger t \
    WHERE NOT t.tgisinternal AND t.tgparentid = 0 ORDER BY t.tgrelid, t.tgname";

const POLICIES: &str = "SELECT p.oid, p.polrelid, p.polname, p.polpermissive, p.polcmd, \
    (SELECT pg_catalog.string_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(r)) END, ', ' ORDER BY r) \
      FROM pg_catalog.unnest(p.polroles) r), pg_catalog.pg_get_expr(p.polqual, p.polrelid), \
    pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid), pg_catalog.obj_description(p.oid, 'pg_policy') \
    FROM pg_catalog.pg_policy p ORDER BY p.polrelid, p.polname";

const RULES: &str = "SELECT r.oid, r.ev_class, r.rulename, \
    CASE WHEN r.rulename <> '_RETURN' THEN pg_catalog.pg_get_ruledef(r.oid) END, r.ev_enabled, \
    pg_catalog.obj_description(r.oid, 'pg_rewrite') FROM pg_catalog.pg_rewrite r WHERE r.oid >= 16384 \
    ORDER BY r.ev_class, r.rulename";

const STATISTICS: &str = "SELECT s.oid, n.nspname, s.stxname, s.stxrelid, pg_catalog.pg_get_statisticsobjdef(s.oid), \
    pg_catalog.obj_description(s.oid, 'pg_statistic_ext') FROM pg_catalog.pg_statistic_ext s \
    JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace WHERE NOT {system} ORDER BY 2, 3";

const MEMBERS: &str = "SELECT d.classid::pg_catalog.regclass, d.objid, d.refobjid, \
    coalesce(p.proname, t.typname, c.relname) FROM pg_catalog.pg_depend d \
    LEFT JOIN pg_catalog.pg_proc p ON d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND p.oid = d.objid \
    LEFT JOIN pg_catalog.pg_type t ON d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND t.oid = d.objid \
    LEFT JOIN pg_catalog.pg_class c ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND c.oid = d.objid \
    WHERE d.deptype = 'e' AND d.objid >= 16384";

const DEPENDENCIES: &str = "SELECT DISTINCT d.classid::pg_catalog.regclass, d.objid, d.objsubid, d.refclassid::pg_catalog.regclass, \
    d.refobjid, d.refobjsubid, d.deptype FROM pg_catalog.pg_depend d \
    WHERE d.objid >= 16384 AND (d.refobjid >= 16384 OR d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass) AND d.deptype <> 'e'";

const CASTS: &str = "SELECT pg_catalog.format_type(c.castsource, NULL), pg_catalog.format_type(c.casttarget, NULL) \
    FROM pg_catalog.pg_cast c";
