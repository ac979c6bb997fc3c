//! Wrong command lines, finding the set, settings, and what is never printed.

use revchain_tests::command::Desk;

#[test]
fn a_wrong_command_line_says_what_was_meant() {
    let desk = Desk::with_set();
    desk.three();
    let cases: &[(&str, u8, &[&str])] = &[
        ("upgrad", 2, &["there is no verb `upgrad`", "did you mean `upgrade`?"]),
        ("statsu", 2, &["did you mean `status`?"]),
        ("heads --verbos", 2, &["did you mean `--verbose`?", "cargo migrate help heads"]),
        ("set dialets sqlite", 2, &["did you mean `dialects`?", "cargo migrate help set"]),
        (
            "set dialects postgresql",
            2,
            &["`postgresql` is not a dialect", "did you mean `postgres`?"],
        ),
        ("set dialects oracle", 2, &["the dialects are `sqlite`, `postgres`, `mysql`"]),
        ("set heads two", 2, &["say `one` or `many`"]),
        ("set history 1table", 2, &["not a table's name"]),
        ("set name \"a b\"", 2, &["cannot be a set's name"]),
        ("set name a b", 2, &["this setting takes one value"]),
        ("show aaab1", 2, &["no revision is named `aaab1`", "did you mean `aaaa1`?"]),
        ("show zzzzzzz", 2, &["cargo migrate history"]),
        ("show aa", 2, &["too short", "four characters"]),
        ("show a:b", 2, &["is not a target"]),
        ("history -r aaaa", 2, &["`aaaa` is not a range"]),
        ("upgrade +1junk", 2, &["`+1junk` is not a target"]),
        ("upgrade -1", 2, &["`-1` lies the other way"]),
        ("downgrade +1", 2, &["`+1` lies the other way"]),
        ("upgrade aaaa:bbbb", 2, &["is for scripts", "--sql"]),
        ("upgrade zzzzzzz", 2, &["no revision is named"]),
        ("upgrade --wait soon", 2, &["a time is written `90s`"]),
        ("upgrade --lock-wait soon", 2, &["a time is written `90s`"]),
        ("upgrade --lock-timeout never", 2, &["a time is written `90s`, `5m` or `1h`, or `off`"]),
        ("new", 2, &["<MESSAGE>"]),
        ("new \" \"", 2, &["the message is empty"]),
        ("new x --rev-id a-b", 2, &["`a-b` cannot be an id"]),
        ("new x --rev-id head", 2, &["has a meaning of its own"]),
        ("new x --rev-id AAAA1", 2, &["`AAAA1` is taken"]),
        ("new x --label aaaa1", 2, &["`aaaa1` is taken"]),
        ("new x --head aaaa", 2, &["revision `aaaa1` is not a head", "--splice"]),
        ("new x --head base --head aaaa", 2, &["`base` cannot stand beside other parents"]),
        ("new x --depends-on nothing", 2, &["no revision is named `nothing`"]),
        ("new x --depends-on cccc3", 3, &["redundant-dependency"]),
        ("new \"revises: nothing\"", 3, &["the header says `revises` twice"]),
        ("new \"migrate:upgrade now\"", 3, &["`now` is neither a dialect nor an option"]),
        ("new \"revision: x9\"", 3, &["the header says `revision` twice"]),
        ("merge", 2, &["there is nothing to join with `cccc3`"]),
        ("merge aaaa cccc", 2, &["`cccc3` needs `aaaa1` already"]),
        ("add nothing.sql", 2, &["the file nothing.sql is not there"]),
        ("seal nothing", 2, &["no revision is named `nothing`"]),
        (
            "seal --dialect postgres",
            2,
            &["the set does not serve postgres", "set dialects sqlite postgres"],
        ),
        (
            "seal --dialect postgers",
            2,
            &["`postgers` is not a dialect", "did you mean `postgres`?"],
        ),
        ("seal --downgrade aaaa", 2, &["revision `aaaa1` is a draft"]),
        ("resolve aaaa", 2, &["--applied"]),
        ("lock --force", 2, &["--forget"]),
        ("stamp head --purge --sql", 2, &["`--purge` cannot be used with `--sql`"]),
        ("lock --forget zzzz", 2, &["the lock has no single revision `zzzz`"]),
        ("lock --forget aaaa1", 1, &["revision `aaaa1` has a file"]),
        ("check --against nowhere", 1, &["git knows no commit `nowhere`", "git fetch"]),
        ("edit head", 1, &["no editor is named", "EDITOR"]),
        ("new x --edit", 1, &["no editor is named"]),
        ("--dir elsewhere heads", 1, &["is not there", "cargo migrate init --dir elsewhere"]),
        ("-n other heads", 2, &["no set is named `other`", "`app` in migrations"]),
        ("-n ap heads", 2, &["did you mean `app`?"]),
        ("upgrade --sql --dialect mysql", 2, &["the set does not serve mysql"]),
    ];
    let before = desk.lock();
    for (line, code, words) in cases {
        let ended = desk.run(line);
        assert!(ended.stdout.is_empty(), "{line}: {}", ended.stdout);
        ended.failed(*code, words);
        assert!(ended.stderr.starts_with("error: "), "{line}: {}", ended.stderr);
    }
    assert_eq!(desk.lock(), before);
    assert!(!desk.at("app.db").exists());
}

#[test]
fn an_ambiguous_prefix_names_what_it_could_be() {
    let desk = Desk::with_set();
    desk.draft("aaaa1", "", "");
    desk.draft("aaaa2", "", "");
    desk.run("show aaaa").failed(2, &["`aaaa` could be `aaaa1`, `aaaa2`", "more characters"]);
}

#[test]
fn without_arguments_all_verbs_are_listed_and_help_is_data() {
    let desk = Desk::new();
    let nothing = desk.run("");
    nothing.failed(2, &["Begin:", "Exit codes: 0 done"]);
    let help = desk.run("--help");
    help.done().prints(&["Database:", "  upgrade     Apply revisions (alias: up)"]);
    desk.run("help new").done().prints(&["Examples:", "--splice"]);
    desk.run("--version").done().prints(&["0.1.0"]);
}

#[test]
fn the_set_is_found_from_the_package_from_below_and_from_inside() {
    let desk = Desk::new();
    desk.write("Cargo.toml", "[package]\nname = \"shop\"\n");
    desk.write("src/deep/mod.rs", "");
    desk.run_in("src", "init").done();
    desk.draft("aaaa1", "", "");
    for folder in ["", "src/deep", "migrations"] {
        let ended = desk.run_in(folder, "heads");
        ended.done().prints(&["aaaa1 (head) (draft)"]);
    }
    let path = |folder| desk.run_in(folder, "show aaaa1 --json").done().stdout.clone();
    assert!(path("src/deep").contains("\"../../migrations/20260118_0530_aaaa1_one_more.sql\""));
    desk.run("--dir migrations heads").done();
    desk.run("--dir src heads").failed(1, &["the folder src has no revisions.lock"]);
}

#[test]
fn without_a_lock_the_way_to_begin_is_named() {
    let desk = Desk::new();
    desk.run("heads").failed(1, &["no revisions.lock", "cargo migrate init"]);
}

#[test]
fn of_two_sets_one_must_be_named() {
    let desk = Desk::new();
    desk.run("init --dir a/migrations --name first").done();
    desk.run("init --dir b/migrations --name second").done();
    desk.run("heads").failed(
        2,
        &["several sets", "`first` in a/migrations", "`second` in b/migrations", "-n NAME"],
    );
    desk.run("-n second new x --rev-id bbbb2").done().prints(&["b/migrations/"]);
    desk.run_in("b", "heads").done().prints(&["bbbb2"]);
    desk.run("check --all").done().says(&["a/migrations: 0 revisions", "b/migrations: 1 revision"]);
    desk.run("status --all").done().prints(&["set       first", "set       second"]);
    desk.run("seal --all").done().says(&["sealed: bbbb2"]);
    desk.run_in("a/migrations", "-n second heads").failed(2, &["no set is named `second`"]);
}

#[test]
fn settings_that_do_not_exist_are_errors() {
    let desk = Desk::with_set();
    let cases = [
        ("database-url-varable = \"X\"", "did you mean `database-url-variable`?"),
        ("color = true", "`before-upgrade`, `command`, `database-url-variable`"),
        ("database-url-variable = 1", "wants a text"),
        ("database-url-variable =", "migrations/migrate.toml:1:"),
    ];
    for (text, words) in cases {
        desk.write("migrations/migrate.toml", text);
        desk.run("upgrade").failed(1, &[words]);
    }
    desk.write("migrations/migrate.toml", "database-url-variable = \"SHOP_URL\"\n");
    desk.run("upgrade").failed(1, &["export SHOP_URL=sqlite:app.db"]);
    desk.write(".env", "SHOP_URL='sqlite:shop.db'\n");
    desk.run("upgrade").done();
    assert!(!desk.at("app.db").exists());
}

#[test]
fn the_url_comes_from_the_option_then_the_environment_then_the_file() {
    let desk = Desk::new();
    desk.run("init").done();
    desk.three();
    desk.write(".env", "# a comment\nOTHER=1\nDATABASE_URL=sqlite:///from_file.db\n");
    desk.run("upgrade").done();
    assert!(desk.at("from_file.db").exists());
    let desk = desk.set("DATABASE_URL", "from_environment.sqlite3");
    desk.run("upgrade").done();
    assert!(desk.at("from_environment.sqlite3").exists());
    desk.run("upgrade --database-url sqlite:from_option.db").done();
    assert!(desk.at("from_option.db").exists());
}

#[test]
fn secrets_are_never_printed() {
    let secret = "s3cr3t";
    let urls = [
        "postgres://me:s3cr3t@host/db",
        "postgresql+asyncpg://me:s3cr3t@host/db?password=s3cr3t",
        "mysql://me:s3cr3t@host/db",
        "s3cr3t",
        "sqlite:app.db?key=s3cr3t",
        "oracle://me:s3cr3t@host/db",
    ];
    let lines = [
        "upgrade",
        "downgrade base --json",
        "current",
        "status",
        "status --json",
        "stamp head",
        "amend",
        "resolve aaaa --applied",
    ];
    for url in urls {
        let desk = Desk::with_set().set("DATABASE_URL", url);
        desk.three();
        let in_file = Desk::new();
        in_file.run("init").done();
        in_file.draft("aaaa1", "", "");
        in_file.write(".env", &format!("BROKEN LINE {secret}\nDATABASE_URL={url}\n"));
        for line in lines {
            for desk in [&desk, &in_file] {
                let ended = desk.run(line);
                let printed = format!("{}{}", ended.stdout, ended.stderr);
                assert!(!printed.contains(secret), "{line} with {url}:\n{printed}");
            }
        }
        for line in [format!("upgrade {url}"), format!("upgrade head {url}"), format!("show {url}")]
        {
            let printed = desk.run(&line).stderr;
            assert!(!url.contains(':') || !printed.contains(secret), "{line}:\n{printed}");
        }
    }
}

#[test]
fn databases_that_are_not_served_are_named() {
    let desk = Desk::with_set();
    desk.three();
    let cases = [
        ("postgres://u@h/db", "the set serves sqlite, and postgres://u@h/db is postgres"),
        ("mysql://u:s3cret@h/db", "the set serves sqlite, and mysql://u@h/db is mysql"),
        ("postgres://u@h/db?sslmod=require", "did you mean `sslmode`?"),
        ("oracle://u@h/db", "`oracle:` is no database that is known"),
        ("nonsense", "this is not a database's URL"),
        ("sqlite:", "names no file"),
        ("sqlite:a.db?mode=fast", "parameter `mode`"),
    ];
    for (url, words) in cases {
        desk.run(&format!("upgrade --database-url {url}")).failed(2, &[words]);
    }
    desk.run("upgrade --database-url sqlite:nowhere/app.db").failed(5, &["cannot be opened"]);
}
