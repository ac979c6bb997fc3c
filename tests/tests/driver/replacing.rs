//! Revisions that stand in the place of others: recorded where the database has those, run where it has none.

use revchain::{Ahead, ErrorKind, Migrations, Target, Transactions};
use revchain_tests::project::{Draft, Project};

use crate::contract::{Driver, Result, applied, events, project, steps, upgraded};

const FOUR: [Draft<'static>; 4] = [
    table("aaaa1", "base", "CREATE TABLE a (n INTEGER);", "DROP TABLE a;"),
    table("bbbb2", "aaaa1", "CREATE TABLE b (n INTEGER);", "DROP TABLE b;"),
    table("cccc3", "bbbb2", "CREATE TABLE c (n INTEGER);", "DROP TABLE c;"),
    table("dddd4", "cccc3", "CREATE TABLE d (n INTEGER);", "DROP TABLE d;"),
];

const BOTH: Draft<'static> = table(
    "yyyy1",
    "aaaa1",
    "CREATE TABLE b (n INTEGER);\nCREATE TABLE c (n INTEGER);",
    "DROP TABLE c;\nDROP TABLE b;",
)
.header("-- replaces: bbbb2..cccc3\n");

const fn table(
    id: &'static str,
    revises: &'static str,
    upgrade: &'static str,
    downgrade: &'static str,
) -> Draft<'static> {
    Draft::new(id, revises, upgrade, downgrade)
}

/// A database that the older version upgraded to a target, and the newer version that has the replacer.
struct World<D: Driver> {
    connection: D::Connection,
    project: Project,
    migrations: Migrations,
    _database: D,
}

impl<D: Driver> World<D> {
    fn at(target: &str) -> Result<Self> {
        Self::with(target, &FOUR, &[BOTH])
    }

    fn with(target: &str, older: &[Draft<'_>], newer: &[Draft<'_>]) -> Result<Self> {
        let database = D::fresh()?;
        let mut connection = database.connect()?;
        let project = project::<D>(older)?;
        if target != "base" {
            let migrations = Migrations::new(project.set()?, "shop 1.0.0");
            D::run(&mut connection, migrations.upgrade(target.parse()?))?;
        }
        project.add(newer)?;
        let migrations = project.migrations()?;
        Ok(Self { connection, project, migrations, _database: database })
    }

    /// Drops the files of what is replaced.
    fn prune(&mut self, ids: &[&str]) -> Result {
        self.project.prune(ids)?;
        self.migrations = self.project.migrations()?;
        Ok(())
    }

    fn upgrade(&mut self, target: &str) -> std::result::Result<Vec<String>, revchain::Error> {
        let target: Target = target.parse().expect("a target");
        D::run(&mut self.connection, self.migrations.upgrade(target)).map(|report| told(&report))
    }

    fn downgrade(&mut self, target: &str) -> std::result::Result<Vec<String>, revchain::Error> {
        let target: Target = target.parse().expect("a target");
        D::run(&mut self.connection, self.migrations.downgrade(target)).map(|report| told(&report))
    }

    fn applied(&mut self) -> Result<Vec<String>> {
        let mut applied = applied::<D>(&mut self.connection, &self.migrations)?;
        applied.sort_unstable();
        Ok(applied)
    }

    fn heads(&mut self) -> Result<Vec<String>> {
        Ok(D::current(&mut self.connection, self.migrations.current())?.heads)
    }

    fn tables(&mut self) -> String {
        let has = |table: &&str| {
            D::rows(&mut self.connection, &format!("SELECT count(*) FROM {table}")).is_ok()
        };
        ["a", "b", "c", "d"].into_iter().filter(has).collect()
    }
}

/// Returns the steps of a report; of what only the ledger was told, in parentheses.
fn told(report: &revchain::Report) -> Vec<String> {
    let told = steps(report).into_iter().zip(&report.steps);
    told.map(|(step, done)| match (done.stamped, done.replacing) {
        (true, true) => format!("({step})"),
        (true, false) => format!("[{step}]"),
        _ => step,
    })
    .collect()
}

pub(crate) fn where_nothing_of_it_is_applied_the_replacer_runs<D: Driver>() -> Result {
    let mut world = World::<D>::at("aaaa1")?;
    assert_eq!(world.upgrade("head")?, ["upgrade yyyy1", "upgrade dddd4"]);
    assert_eq!(world.applied()?, ["aaaa1", "dddd4", "yyyy1"]);
    assert_eq!(world.heads()?, ["dddd4"]);
    assert!(world.upgrade("head")?.is_empty());
    let gone = ["downgrade dddd4", "downgrade yyyy1", "downgrade aaaa1"];
    assert_eq!(world.downgrade("base")?, gone);
    assert_eq!(world.tables(), "");
    Ok(())
}

pub(crate) fn where_all_of_it_is_applied_the_replacer_is_recorded<D: Driver>() -> Result {
    let mut world = World::<D>::at("cccc3")?;
    // What stands below is there, so an application that only looks may start.
    let pending = D::verify(&mut world.connection, world.migrations.verify()).expect_err("dddd4");
    assert!(matches!(pending.kind(), ErrorKind::Pending(list) if list.len() == 1), "{pending:?}");
    let plan = D::plan(&mut world.connection, world.migrations.upgrade(Target::Head))?;
    assert!(plan.steps[0].replacing && plan.steps[0].stamp && !plan.steps[1].replacing);
    assert_eq!(world.upgrade("head")?, ["(upgrade yyyy1)", "upgrade dddd4"]);
    assert_eq!(events::<D>(&mut world.connection)?[3..], ["yyyy1 replace", "dddd4 upgrade"]);
    assert_eq!(world.applied()?, ["aaaa1", "bbbb2", "cccc3", "dddd4", "yyyy1"]);
    assert_eq!(world.heads()?, ["dddd4"]);
    assert_eq!(world.tables(), "abcd");
    D::verify(&mut world.connection, world.migrations.verify())?;
    assert!(world.upgrade("head")?.is_empty());
    Ok(())
}

pub(crate) fn a_database_beyond_it_records_it_and_is_in_order_before<D: Driver>() -> Result {
    let mut world = World::<D>::at("dddd4")?;
    D::verify(&mut world.connection, world.migrations.verify())?;
    assert_eq!(world.heads()?, ["dddd4"]);
    assert_eq!(world.upgrade("head")?, ["(upgrade yyyy1)"]);
    assert!(world.upgrade("head")?.is_empty());
    assert_eq!(world.heads()?, ["dddd4"]);
    Ok(())
}

pub(crate) fn in_the_middle_it_is_refused_with_the_command_that_goes_to_the_end<D: Driver>()
-> Result {
    let mut world = World::<D>::at("bbbb2")?;
    for target in ["head", "+1", "yyyy1"] {
        let error = world.upgrade(target).expect_err("it is in the middle");
        assert_eq!((error.code(), error.exit_code()), ("partly-replaced", 4), "{error:?}");
        assert!(error.report().contains("cargo migrate upgrade cccc3"), "{error:?}");
        assert!(error.report().contains("it has `bbbb2`, and lacks `cccc3`"), "{error:?}");
    }
    assert_eq!(world.heads()?, ["bbbb2"]);
    assert_eq!(world.upgrade("cccc3")?, ["upgrade cccc3"]);
    assert!(world.upgrade("cccc3")?.is_empty());
    assert_eq!(world.upgrade("head")?, ["(upgrade yyyy1)", "upgrade dddd4"]);
    assert!(world.upgrade("bbbb")?.is_empty());
    Ok(())
}

pub(crate) fn a_replaced_revision_can_be_applied_by_its_name_on_an_empty_database<D: Driver>()
-> Result {
    let mut world = World::<D>::at("base")?;
    assert_eq!(world.upgrade("bbbb")?, ["upgrade aaaa1", "upgrade bbbb2"]);
    assert_eq!(world.tables(), "ab");
    assert_eq!(world.downgrade("base")?, ["downgrade bbbb2", "downgrade aaaa1"]);
    world.upgrade("head")?;
    // What replaced it ran: that is the same as far as anybody needs it.
    assert!(world.upgrade("bbbb2")?.is_empty());
    Ok(())
}

pub(crate) fn what_was_recorded_is_taken_back_by_what_it_replaces<D: Driver>() -> Result {
    let mut world = World::<D>::at("dddd4")?;
    world.upgrade("head")?;
    let gone = [
        "downgrade dddd4",
        "(downgrade yyyy1)",
        "downgrade cccc3",
        "downgrade bbbb2",
        "downgrade aaaa1",
    ];
    assert_eq!(world.downgrade("base")?, gone);
    assert_eq!(world.tables(), "");
    assert!(world.applied()?.is_empty());
    let events = events::<D>(&mut world.connection)?;
    assert!(events.contains(&"yyyy1 unreplace".to_owned()), "{events:?}");
    assert_eq!(world.upgrade("head")?, ["upgrade aaaa1", "upgrade yyyy1", "upgrade dddd4"]);
    Ok(())
}

pub(crate) fn what_was_never_recorded_is_taken_back_as_well<D: Driver>() -> Result {
    for (at, gone) in [("dddd4", 4), ("cccc3", 3), ("bbbb2", 2)] {
        let mut world = World::<D>::at(at)?;
        assert_eq!(world.downgrade("base")?.len(), gone, "{at}");
        assert_eq!(world.tables(), "");
    }
    let mut world = World::<D>::at("dddd4")?;
    assert_eq!(world.downgrade("yyyy1")?, ["downgrade dddd4"]);
    assert_eq!(world.downgrade("-1")?, ["downgrade cccc3", "downgrade bbbb2"]);
    assert_eq!(world.tables(), "a");
    Ok(())
}

pub(crate) fn a_downgrade_ends_in_the_middle_where_the_rows_are_there<D: Driver>() -> Result {
    let mut world = World::<D>::at("dddd4")?;
    world.upgrade("head")?;
    assert_eq!(world.downgrade("cccc3")?, ["downgrade dddd4"]);
    assert_eq!(world.downgrade("bbbb2")?, ["(downgrade yyyy1)", "downgrade cccc3"]);
    assert_eq!(world.applied()?, ["aaaa1", "bbbb2"]);
    assert_eq!(world.upgrade("head").expect_err("in the middle").code(), "partly-replaced");
    world.upgrade("cccc3")?;
    assert_eq!(world.upgrade("head")?, ["(upgrade yyyy1)", "upgrade dddd4"]);

    let mut ran = World::<D>::at("aaaa1")?;
    ran.upgrade("head")?;
    let error = ran.downgrade("bbbb2").expect_err("it was never there");
    assert_eq!((error.code(), error.exit_code()), ("replaced", 1), "{error:?}");
    assert!(error.report().contains("cargo migrate downgrade yyyy1"), "{error:?}");
    ran.downgrade("aaaa1")?;
    assert_eq!(ran.downgrade("bbbb2").expect_err("nor now").code(), "not-applied");
    Ok(())
}

pub(crate) fn steps_are_counted_over_what_runs<D: Driver>() -> Result {
    let mut world = World::<D>::at("cccc3")?;
    assert_eq!(world.upgrade("+1")?, ["(upgrade yyyy1)", "upgrade dddd4"]);
    assert_eq!(world.downgrade("-1")?, ["downgrade dddd4"]);
    let gone = ["(downgrade yyyy1)", "downgrade cccc3", "downgrade bbbb2"];
    assert_eq!(world.downgrade("-1")?, gone);
    assert_eq!(world.upgrade("+1")?, ["upgrade yyyy1"]);
    assert_eq!(world.downgrade("-1")?, ["downgrade yyyy1"]);
    Ok(())
}

pub(crate) fn rows_without_files_are_known_and_taken_back_when_stored_is_said<D: Driver>() -> Result
{
    let mut world = World::<D>::at("dddd4")?;
    world.upgrade("head")?;
    world.prune(&["bbbb2", "cccc3"])?;
    assert!(world.upgrade("head")?.is_empty());
    D::verify(&mut world.connection, world.migrations.verify())?;
    let status = D::current(&mut world.connection, world.migrations.current())?;
    assert!(status.unknown.is_empty() && status.heads == ["dddd4"], "{status:?}");
    assert_eq!(world.downgrade("yyyy1")?, ["downgrade dddd4"]);

    let error = world.downgrade("base").expect_err("their files are gone");
    assert_eq!((error.code(), error.exit_code()), ("pruned", 1), "{error:?}");
    assert!(error.report().contains("applied by shop 1.0.0"), "{error:?}");
    let run = world.migrations.downgrade(Target::Base).stored(true);
    let gone = ["(downgrade yyyy1)", "downgrade cccc3", "downgrade bbbb2", "downgrade aaaa1"];
    assert_eq!(told(&D::run(&mut world.connection, run)?), gone);
    assert_eq!(world.tables(), "");
    assert_eq!(world.upgrade("head")?, ["upgrade aaaa1", "upgrade yyyy1", "upgrade dddd4"]);
    Ok(())
}

pub(crate) fn a_downgrade_ends_in_the_middle_also_without_files<D: Driver>() -> Result {
    let mut world = World::<D>::at("dddd4")?;
    world.upgrade("head")?;
    world.prune(&["bbbb2", "cccc3"])?;
    let run = world.migrations.downgrade("bbbb2".parse()?).stored(true);
    let gone = ["downgrade dddd4", "(downgrade yyyy1)", "downgrade cccc3"];
    assert_eq!(told(&D::run(&mut world.connection, run)?), gone);
    assert_eq!(world.tables(), "ab");
    Ok(())
}

pub(crate) fn without_files_all_of_it_is_recorded_and_a_part_names_who_can<D: Driver>() -> Result {
    let mut world = World::<D>::at("cccc3")?;
    world.prune(&["bbbb2", "cccc3"])?;
    assert_eq!(world.upgrade("head")?, ["(upgrade yyyy1)", "upgrade dddd4"]);

    let mut middle = World::<D>::at("bbbb2")?;
    middle.prune(&["bbbb2", "cccc3"])?;
    for target in ["head", "cccc3"] {
        let error = middle.upgrade(target).expect_err("it is in the middle");
        assert_eq!(error.code(), "partly-replaced");
        assert!(error.report().contains("shop 1.0.0"), "{error:?}");
    }
    Ok(())
}

pub(crate) fn an_unknown_row_beside_them_is_still_unknown<D: Driver>() -> Result {
    let mut world = World::<D>::at("dddd4")?;
    world.upgrade("head")?;
    let columns = "set_name, revision, state, sequence, upgrade_checksum, downgrade_checksum, statements_done, \
        parents, dependencies, message, applied_at, duration_ms, application, revchain, statements, downgrade";
    let sql = format!(
        "INSERT INTO revchain_revisions ({columns}) SELECT set_name, 'eeee5', state, 9, upgrade_checksum, \
        downgrade_checksum, 0, 'dddd4', '', 'more', applied_at, 1, 'shop 9', revchain, '', downgrade \
        FROM revchain_revisions WHERE revision = 'dddd4'"
    );
    D::execute(&mut world.connection, &sql)?;
    let error = world.upgrade("head").expect_err("one is unknown");
    assert!(matches!(error.kind(), ErrorKind::Ahead(list) if list.len() == 1), "{error:?}");
    let run = world.migrations.upgrade(Target::Head).ahead(Ahead::Allow);
    assert!(D::run(&mut world.connection, run)?.is_empty());
    Ok(())
}

pub(crate) fn a_stamp_speaks_of_what_is_replaced_too<D: Driver>() -> Result {
    let mut world = World::<D>::at("dddd4")?;
    let stamp = |world: &mut World<D>, target: Target| -> Result<Vec<String>> {
        Ok(told(&D::run(&mut world.connection, world.migrations.stamp([target]))?))
    };
    assert_eq!(stamp(&mut world, Target::Head)?, ["[upgrade yyyy1]"]);
    assert_eq!(world.applied()?, ["aaaa1", "bbbb2", "cccc3", "dddd4", "yyyy1"]);
    stamp(&mut world, "aaaa1".parse()?)?;
    assert_eq!(world.applied()?, ["aaaa1"]);

    // That all of it is there is said against the rows, so these go.
    let mut middle = World::<D>::at("bbbb2")?;
    assert_eq!(stamp(&mut middle, "yyyy1".parse()?)?, ["[downgrade bbbb2]", "[upgrade yyyy1]"]);
    assert_eq!(middle.applied()?, ["aaaa1", "yyyy1"]);
    stamp(&mut middle, Target::Base)?;
    assert!(middle.applied()?.is_empty());

    let mut pruned = World::<D>::at("dddd4")?;
    pruned.prune(&["bbbb2", "cccc3"])?;
    stamp(&mut pruned, Target::Base)?;
    assert!(pruned.applied()?.is_empty());
    Ok(())
}

pub(crate) fn a_replacer_can_be_replaced_in_turn<D: Driver>() -> Result {
    let mended =
        table("zzzz1", "aaaa1", BOTH.upgrade, BOTH.downgrade).header("-- replaces: yyyy1\n");
    // Whoever ran the originals, recorded the first replacer or ran it: each goes on, and comes back.
    for (at, older, recorded) in [
        ("cccc3", &FOUR[..3], "(upgrade zzzz1)"),
        ("aaaa1", &FOUR[..1], "upgrade zzzz1"),
        ("yyyy1", &[FOUR[0], FOUR[1], FOUR[2], BOTH][..], "(upgrade zzzz1)"),
    ] {
        let newer = [FOUR[1], FOUR[2], FOUR[3], BOTH, mended];
        let mut world = World::<D>::with(at, older, &newer)?;
        assert_eq!(world.upgrade("head")?, [recorded, "upgrade dddd4"], "{at}");
        assert!(world.upgrade("head")?.is_empty());
        assert_eq!(world.heads()?, ["dddd4"]);
        world.downgrade("aaaa1")?;
        assert_eq!((world.tables().as_str(), world.applied()?), ("a", vec!["aaaa1".to_owned()]));
    }
    // Both were recorded over the originals.
    let mut world = World::<D>::at("cccc3")?;
    world.upgrade("yyyy1")?;
    world.project.add(&[mended])?;
    world.migrations = world.project.migrations()?;
    world.upgrade("head")?;
    let gone = [
        "downgrade dddd4",
        "(downgrade zzzz1)",
        "(downgrade yyyy1)",
        "downgrade cccc3",
        "downgrade bbbb2",
    ];
    assert_eq!(world.downgrade("aaaa1")?, gone);
    Ok(())
}

pub(crate) fn a_replacer_of_a_pruned_replacer_knows_its_rows<D: Driver>() -> Result {
    let mended =
        table("zzzz1", "aaaa1", BOTH.upgrade, BOTH.downgrade).header("-- replaces: yyyy1\n");
    let mut world = World::<D>::at("dddd4")?;
    world.upgrade("head")?;
    world.project.add(&[mended])?;
    world.prune(&["bbbb2", "cccc3", "yyyy1"])?;
    assert_eq!(world.upgrade("head")?, ["(upgrade zzzz1)"]);
    assert!(world.upgrade("head")?.is_empty());
    let run = world.migrations.downgrade("aaaa1".parse()?).stored(true);
    let gone = [
        "downgrade dddd4",
        "(downgrade zzzz1)",
        "(downgrade yyyy1)",
        "downgrade cccc3",
        "downgrade bbbb2",
    ];
    assert_eq!(told(&D::run(&mut world.connection, run)?), gone);
    assert_eq!(world.tables(), "a");
    Ok(())
}

pub(crate) fn a_run_that_stopped_on_the_way_is_finished_by_the_next<D: Driver>() -> Result {
    let mut world = World::<D>::at("dddd4")?;
    world.upgrade("head")?;
    // The second of what is replaced cannot be taken back now.
    D::execute(&mut world.connection, "DROP TABLE b")?;
    let run = world.migrations.downgrade(Target::Base).transactions(Transactions::PerRevision);
    let error = D::run(&mut world.connection, run).expect_err("b is gone");
    assert_eq!(error.applied().len(), 3, "{error:?}");
    assert_eq!(world.applied()?, ["aaaa1", "bbbb2"]);
    D::execute(&mut world.connection, "CREATE TABLE b (n INTEGER)")?;
    assert_eq!(world.downgrade("base")?, ["downgrade bbbb2", "downgrade aaaa1"]);

    let mut upward = World::<D>::at("cccc3")?;
    D::execute(&mut upward.connection, "CREATE TABLE d (n INTEGER)")?;
    let run = upward.migrations.upgrade(Target::Head).transactions(Transactions::PerRevision);
    assert_eq!(D::run(&mut upward.connection, run).expect_err("d is there").applied().len(), 1);
    D::execute(&mut upward.connection, "DROP TABLE d")?;
    assert_eq!(upward.upgrade("head")?, ["upgrade dddd4"]);
    Ok(())
}

pub(crate) fn what_is_half_done_of_it_is_finished_first<D: Driver>() -> Result {
    let third =
        table("cccc3", "bbbb2", "CREATE TABLE c (n INTEGER);\nDELETE FROM none;", "DROP TABLE c;")
            .options("transaction=off");
    let older = [FOUR[0], FOUR[1], third];
    let mut world = World::<D>::with("bbbb2", &older, &[FOUR[3]])?;
    assert!(world.upgrade("head").is_err());
    D::execute(&mut world.connection, "CREATE TABLE none (n INTEGER)")?;
    world.project.add(&[BOTH])?;
    world.migrations = world.project.migrations()?;
    let report = D::run(&mut world.connection, world.migrations.upgrade(Target::Head))?;
    assert_eq!(told(&report), ["upgrade cccc3", "(upgrade yyyy1)", "upgrade dddd4"]);
    assert!(report.steps[0].resumed);
    Ok(())
}

pub(crate) fn amend_records_it_anew_or_takes_all_of_it_back<D: Driver>() -> Result {
    let mut world = World::<D>::at("dddd4")?;
    world.upgrade("head")?;
    let edited = table(
        "yyyy1",
        "aaaa1",
        "CREATE TABLE b (n INTEGER);\nCREATE TABLE c (n INT);",
        BOTH.downgrade,
    )
    .header(BOTH.header);
    world.project.add(&[edited])?;
    world.migrations = world.project.migrations()?;
    assert_eq!(world.upgrade("head").expect_err("it was edited").code(), "edited-revision");
    let amend = |world: &mut World<D>, id: &str| -> Result<Vec<String>> {
        let run = world.migrations.amend(vec![id.to_owned()], std::collections::HashMap::new());
        Ok(told(&D::run(&mut world.connection, run)?))
    };
    let again = ["downgrade dddd4", "(downgrade yyyy1)", "(upgrade yyyy1)", "upgrade dddd4"];
    assert_eq!(amend(&mut world, "yyyy1")?, again);
    assert!(world.upgrade("head")?.is_empty());

    let all = [
        "downgrade dddd4",
        "(downgrade yyyy1)",
        "downgrade cccc3",
        "downgrade bbbb2",
        "downgrade aaaa1",
        "upgrade aaaa1",
        "upgrade yyyy1",
        "upgrade dddd4",
    ];
    assert_eq!(amend(&mut world, "aaaa1")?, all);
    assert_eq!((world.tables().as_str(), world.upgrade("head")?.len()), ("abcd", 0));
    Ok(())
}

pub(crate) fn an_irreversible_one_stops_a_downgrade_before_the_first_statement<D: Driver>() -> Result
{
    let mut older = FOUR;
    older[1] = older[1].irreversible("gone is gone");
    let mut world = World::<D>::with("dddd4", &older, &[BOTH])?;
    world.upgrade("head")?;
    let error = world.downgrade("aaaa1").expect_err("one is irreversible");
    assert_eq!(error.code(), "irreversible");
    assert_eq!(world.applied()?.len(), 5);
    assert_eq!(world.downgrade("bbbb2")?.len(), 3);
    // Where the replacer ran, its own downgrade counts; where it is irreversible, those of what it replaces do.
    let one_way = BOTH.irreversible("it has no way back");
    let mut recorded = World::<D>::with("cccc3", &FOUR, &[one_way])?;
    recorded.upgrade("head")?;
    recorded.downgrade("aaaa1")?;
    assert_eq!(recorded.tables(), "a");
    Ok(())
}

pub(crate) fn a_script_runs_the_replacer<D: Driver>() -> Result {
    let world = World::<D>::at("base")?;
    let sql = world.migrations.upgrade(Target::Head).sql(D::DIALECT)?;
    assert!(sql.contains("upgrade yyyy1") && !sql.contains("bbbb2:"), "{sql}");
    assert_eq!(sql.matches("CREATE TABLE b").count(), 1);
    Ok(())
}

pub(crate) fn each_row_of_what_is_replaced_counts_wherever_it_stands<D: Driver>() -> Result {
    // The rows come in the order of the ids: what is replaced may stand first, last and between.
    for replacer in ["aaaa0", "bbbb3", "zzzz9"] {
        let both = table(replacer, "aaaa1", BOTH.upgrade, BOTH.downgrade).header(BOTH.header);
        for at in ["aaaa1", "bbbb2", "cccc3", "dddd4"] {
            let mut world = World::<D>::with(at, &FOUR, &[both])?;
            if at == "bbbb2" {
                assert!(world.upgrade("head").is_err());
                world.upgrade("cccc3")?;
            }
            upgraded::<D>(&mut world.connection, &world.migrations)?;
            assert!(world.upgrade("head")?.is_empty(), "{replacer} at {at}");
            assert_eq!(world.tables(), "abcd");
            // A row that says something else is seen, also among them.
            let sql = "UPDATE revchain_revisions SET upgrade_checksum = 'b3v1:00' WHERE revision = 'dddd4'";
            D::execute(&mut world.connection, sql)?;
            assert_eq!(world.upgrade("head").expect_err("edited").code(), "edited-revision");
        }
    }
    Ok(())
}
