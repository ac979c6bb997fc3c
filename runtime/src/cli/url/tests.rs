//! What URLs mean, and that none shows its password.

use super::*;

fn read(url: &str) -> Place {
    Place::parse(url, "the test").unwrap_or_else(|failure| panic!("{url}: {}", failure.message()))
}

fn wrong(url: &str) -> String {
    let failure = Place::parse(url, "the test").expect_err(url);
    let help = failure.first_help().unwrap_or_default();
    format!("{}; {help}", failure.message())
}

/// Writes the parts of a URL that has a server, each that is not missing.
fn parts(url: &str) -> String {
    let mut parts = Vec::new();
    let mut part = |name: &str, value: Option<String>| {
        parts.extend(value.map(|value| format!("{name}={value}")));
    };
    let number = |port: Option<u16>| port.map(|port| port.to_string());
    let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
    match read(url) {
        Place::Sqlite(_) => panic!("{url} has no server"),
        Place::Postgres(place) => {
            part("user", place.user);
            part("password", place.password.map(|password| password.0));
            part("host", place.host);
            part("port", number(place.port));
            part("database", place.database);
            part("sslmode", place.ssl_mode.map(|mode| mode.name().to_owned()));
            part("sslrootcert", path(&place.ssl_root_cert));
            part("application", place.application_name);
            part("timeout", place.connect_timeout.map(|time| time.as_secs().to_string()));
            part("options", place.options);
            part("pooled", place.pooled.then(String::new));
        }
        Place::Mysql(place) => {
            part("user", place.user);
            part("password", place.password.map(|password| password.0));
            part("host", place.host);
            part("port", number(place.port));
            part("database", place.database);
            part("socket", path(&place.socket));
            part("sslmode", place.ssl_mode);
            part("sslca", path(&place.ssl_ca));
            part("charset", place.charset);
        }
    }
    parts.join(" ")
}

#[test]
fn every_form_of_a_sqlite_url_is_read() {
    let file = |path: &str, mode| SqlitePlace::File { path: path.into(), mode };
    let create = Mode::Create;
    let cases = [
        ("sqlite:app.db", file("app.db", create)),
        ("sqlite:/var/app.db", file("/var/app.db", create)),
        ("sqlite://app.db", file("app.db", create)),
        ("sqlite:///app.db", file("app.db", create)),
        ("sqlite:////var/app.db", file("/var/app.db", create)),
        ("sqlite+aiosqlite:///app.db", file("app.db", create)),
        ("sqlite+pysqlite:////var/app.db", file("/var/app.db", create)),
        ("sqlite:app%20one.db", file("app one.db", create)),
        ("sqlite:100%.db", file("100%.db", create)),
        ("sqlite:app.db?mode=ro", file("app.db", Mode::ReadOnly)),
        ("sqlite:app.db?mode=rw", file("app.db", Mode::ReadWrite)),
        ("sqlite::memory:", SqlitePlace::Memory),
        ("sqlite://:memory:", SqlitePlace::Memory),
        ("sqlite:any?mode=memory", SqlitePlace::Memory),
        ("data/app.sqlite3", file("data/app.sqlite3", create)),
        ("./app.DB", file("./app.DB", create)),
    ];
    for (url, expected) in cases {
        assert_eq!(read(url), Place::Sqlite(expected), "{url}");
    }
}

#[test]
fn every_form_of_a_postgresql_url_is_read() {
    let cases = [
        ("postgres://u:p@h:5433/db", "user=u password=p host=h port=5433 database=db"),
        ("postgresql://u:p@h/db", "user=u password=p host=h database=db"),
        ("PostgreSQL://h/db", "host=h database=db"),
        ("postgresql+asyncpg://u@h/db", "user=u host=h database=db"),
        ("postgresql+psycopg://u@h/db", "user=u host=h database=db"),
        ("postgresql+psycopg2://u@h/db\n", "user=u host=h database=db"),
        // What is missing, `PGHOST` and its like say, or the defaults of libpq.
        ("postgres://", ""),
        ("postgres:///db", "database=db"),
        ("postgres://u@/db", "user=u database=db"),
        ("postgres://h:/db", "host=h database=db"),
        // Passwords, encoded as they should be, and as people have them.
        ("postgres://u:p%40ss%2Fw%25@h/db", "user=u password=p@ss/w% host=h database=db"),
        ("postgres://u:100%@h/db", "user=u password=100% host=h database=db"),
        ("postgres://u:50%off%2@h/db", "user=u password=50%off%2 host=h database=db"),
        ("postgres://u:p%zz@h/db", "user=u password=p%zz host=h database=db"),
        ("postgres://u:p@ss:w@h/db", "user=u password=p@ss:w host=h database=db"),
        ("postgres://u:p/w@h/db", "user=u password=p/w host=h database=db"),
        ("postgres://u:p?w#x@h:1/db", "user=u password=p?w#x host=h port=1 database=db"),
        ("postgres://u:/w@h/db", "user=u password=/w host=h database=db"),
        ("postgres://u%40corp:p@h/db", "user=u@corp password=p host=h database=db"),
        ("postgres://u:p%C3%BC@h/db", "user=u password=pü host=h database=db"),
        ("postgres://h/db?user=u&password=p%26q", "user=u password=p&q host=h database=db"),
        // Sockets and addresses.
        ("postgres:///db?host=/run/postgresql", "host=/run/postgresql database=db"),
        ("postgres://u@%2Frun%2Fpostgresql/db", "user=u host=/run/postgresql database=db"),
        ("postgres://[::1]:5433/db", "host=::1 port=5433 database=db"),
        ("postgres://u:p@[2001:db8::7]/db", "user=u password=p host=2001:db8::7 database=db"),
        ("postgres://h/db?hostaddr=127.0.0.1", "host=127.0.0.1 database=db"),
        ("postgres://?host=h&port=1&dbname=db", "host=h port=1 database=db"),
        // Parameters.
        (
            "postgres://h/db?sslmode=verify-full&sslrootcert=ca.pem",
            "host=h database=db sslmode=verify-full sslrootcert=ca.pem",
        ),
        (
            "postgres://h/db?sslmode=require&channel_binding=require",
            "host=h database=db sslmode=require",
        ),
        (
            "postgres://h/db?sslmode=require&sslrootcert=ca.pem",
            "host=h database=db sslmode=verify-ca sslrootcert=ca.pem",
        ),
        ("postgres://h/db?sslrootcert=system", "host=h database=db sslmode=verify-full"),
        ("postgresql+asyncpg://h/db?ssl=require", "host=h database=db sslmode=require"),
        (
            "postgres://h/db?options=-c%20search_path%3Dtenant",
            "host=h database=db options=-c search_path=tenant",
        ),
        (
            "postgres://h/db?options[search_path]=a%20b",
            "host=h database=db options=-c search_path=a\\ b",
        ),
        (
            "postgres://h/db?schema=tenant&connection_limit=5",
            "host=h database=db options=-c search_path=tenant",
        ),
        (
            "postgres://h/db?application_name=app&connect_timeout=10",
            "host=h database=db application=app timeout=10",
        ),
        ("postgres://h:6432/db?pooler=transaction", "host=h port=6432 database=db pooled="),
        ("postgres://h:6432/db?pgbouncer=true", "host=h port=6432 database=db pooled="),
        ("postgres://h/db?pooler=session", "host=h database=db"),
    ];
    for (url, expected) in cases {
        assert_eq!(parts(url), expected, "{url}");
    }
}

#[test]
fn every_form_of_a_mysql_url_is_read() {
    let cases = [
        ("mysql://u:p@h:3307/db", "user=u password=p host=h port=3307 database=db"),
        ("mariadb://u@h/db", "user=u host=h database=db"),
        (
            "mysql+pymysql://u:100%@h/db?charset=utf8mb4",
            "user=u password=100% host=h database=db charset=utf8mb4",
        ),
        ("mysql+aiomysql://h/db", "host=h database=db"),
        (
            "mysql:///db?socket=/run/mysqld/mysqld.sock",
            "database=db socket=/run/mysqld/mysqld.sock",
        ),
        ("mysql:///db?unix_socket=/run/m.sock", "database=db socket=/run/m.sock"),
        (
            "mysql://h/db?ssl-mode=VERIFY_IDENTITY&ssl-ca=ca.pem",
            "host=h database=db sslmode=verify_identity sslca=ca.pem",
        ),
        ("mysql://h/db?sslmode=require", "host=h database=db sslmode=required"),
        ("mysql://[::1]:3307/db", "host=::1 port=3307 database=db"),
    ];
    for (url, expected) in cases {
        assert_eq!(parts(url), expected, "{url}");
    }
}

#[test]
fn what_a_url_cannot_say_is_refused_by_name() {
    let cases = [
        (
            "postgres://h/db?sslmod=require",
            "a parameter `sslmod` that is not understood; did you mean `sslmode`?",
        ),
        ("postgres://h/db?service=x", "a parameter `service` that is not understood; leave it out"),
        ("postgres://h/db?sslmode=on", "`sslmode=on` is no mode of TLS; the modes are `disable`"),
        (
            "postgres://h/db?sslmode=require&sslrootcert=system",
            "`sslrootcert=system` goes with `sslmode=verify-full` alone",
        ),
        ("postgres://h/db?sslcert=c.pem", "`sslcert` and `sslkey` go together"),
        ("postgres://h/db?pooler=statement", "`pooler=statement` is no mode of a pooler"),
        ("postgres://h/db?connect_timeout=soon", "`connect_timeout=soon` is no number of seconds"),
        ("postgres://h:99999/db", "the port in the database's URL is no number"),
        ("postgres://u:s3@cr/et@h/db", "has an `@` behind the host; a password with `/`"),
        ("postgres://u:secret/db", "the port in the database's URL is no number"),
        ("postgres://::1/db", "several colons; write an IPv6 address in brackets"),
        ("postgres://[::1/db", "a `[` without `]`"),
        ("postgres://a:1,b:2/db", "names several hosts; name the one that takes writes"),
        ("postgres:db", "lacks `//`"),
        (
            "mysql://h/db?sock=/run/m",
            "a parameter `sock` that is not understood; did you mean `socket`?",
        ),
        ("sqlite:app.db?mod=ro", "a parameter `mod` that is not understood"),
        ("sqlite:", "names no file"),
        ("oracle://h/db", "`oracle:` is no database that is known"),
        ("s3cret", "this is not a database's URL"),
    ];
    for (url, expected) in cases {
        let said = wrong(url);
        assert!(said.contains(expected), "{url}: {said}");
        assert!(!said.contains("secret") && !said.contains("s3cret"), "{url}: {said}");
    }
}

#[test]
fn no_url_shows_its_password() {
    let cases = [
        ("postgres://u:s3cret@h:1/db", "postgres://u@h:1/db"),
        ("postgres://u:s3/cret@[::1]/db", "postgres://u@[::1]/db"),
        ("postgres://u@h/db?password=s3cret&sslmode=require", "postgres://u@h/db"),
        ("postgres://u:s3cret@/db?host=/run/postgresql", "postgres://u@/db?host=/run/postgresql"),
        ("mysql://u:s3cret@h/db", "mysql://u@h/db"),
        ("mysql://u:s3cret@/db?socket=/run/m.sock", "mysql://u@/db?socket=/run/m.sock"),
    ];
    for (url, expected) in cases {
        let url = DatabaseUrl { place: read(url), wait: Duration::ZERO };
        assert_eq!(url.to_string(), expected);
        assert_eq!(without_passwords(expected), expected);
        for text in [format!("{url:?}"), format!("{:?}", url.place)] {
            assert!(!text.contains("s3"), "{text}");
        }
    }
}
