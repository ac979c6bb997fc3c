//! Servers that are not there, not there yet, or that refuse: what is waited for, and how it ends.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::thread;

use revchain_tests::clients::Database;
use revchain_tests::command::Desk;

fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it has one").port();
    (listener, port)
}

/// A desk with a revision for PostgreSQL, and no database.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.run("init --name app --dialect postgres").done();
    desk.draft("aaaa1", "CREATE TABLE aaaa1 (n int);", "DROP TABLE aaaa1;");
    desk
}

/// Reads a message of the start of a session: its length, and what it says.
fn startup(stream: &mut TcpStream) -> Vec<u8> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).expect("a client speaks first");
    let mut message = vec![0; u32::from_be_bytes(length) as usize - 4];
    stream.read_exact(&mut message).expect("the message is whole");
    message
}

/// Answers a client as a server does that refuses (PostgreSQL manual, "Message Formats").
fn refuse(mut stream: TcpStream, code: &str, words: &str) {
    let mut message = startup(&mut stream);
    if message == 80_877_103_u32.to_be_bytes() {
        stream.write_all(b"N").expect("the client listens");
        message = startup(&mut stream);
    }
    assert!(message.starts_with(&[0, 3, 0, 0]), "version 3.0 of the protocol");
    let fields = format!("SFATAL\0VFATAL\0C{code}\0M{words}\0\0");
    let length = u32::try_from(fields.len() + 4).expect("it is short");
    let answer = [b"E", &length.to_be_bytes()[..], fields.as_bytes()].concat();
    stream.write_all(&answer).expect("the client listens");
}

/// Hands a client on to the real server.
fn proxy(client: TcpStream, database: &Database) {
    let options = database.postgres_options();
    let socket = format!("{}/.s.PGSQL.{}", options.get_host(), options.get_port());
    let server = UnixStream::connect(socket).expect("the server has a socket");
    let (mut from, mut to) =
        (client.try_clone().expect("a handle"), server.try_clone().expect("a handle"));
    thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
    let (mut from, mut to) = (server, client);
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
}

#[test]
fn what_a_server_refuses_says_what_helps_and_only_a_start_is_worth_waiting() {
    let cases = [
        ("28P01", 1, "does not take the password of `ann`", "a `%` in it is written %25"),
        ("28000", 1, "does not let `ann` in", "createuser"),
        ("3D000", 1, "the server has no database `shop`", "make it: createdb shop"),
        ("42501", 1, "`ann` may not connect to the database `shop`", "GRANT CONNECT"),
        ("57P03", 5, "cannot be reached", "wait for it: --wait 60s"),
        ("53300", 5, "cannot be reached", "wait for it: --wait 60s"),
    ];
    let desk = desk();
    for (code, exit, message, help) in cases {
        let (listener, port) = listener();
        let server = thread::spawn(move || {
            let (stream, _) = listener.accept().expect("a client comes");
            refuse(stream, code, "the server's words");
        });
        let url = format!("postgres://ann:s3cret@127.0.0.1:{port}/shop");
        let ended = desk.run(&format!("upgrade --database-url {url}"));
        server.join().expect("the server answered");
        ended.failed(exit, &[message, "  = note: the server's words", help]);
        assert!(!ended.stderr.contains("s3cret"), "{}", ended.stderr);
        if exit == 1 {
            // Once and no more: nobody listens any longer, and that would be said instead.
            let (listener, port) = self::listener();
            let server = thread::spawn(move || {
                let (stream, _) = listener.accept().expect("a client comes");
                refuse(stream, code, "the server's words");
            });
            let url = format!("postgres://ann:s3cret@127.0.0.1:{port}/shop");
            let ended = desk.run(&format!("upgrade --wait 60s --database-url {url}"));
            server.join().expect("the server answered");
            ended.failed(exit, &[message, help]);
            assert!(!ended.stderr.contains("waiting for"), "{}", ended.stderr);
        }
    }
}

#[test]
fn a_server_that_is_not_there_ends_with_5() {
    let desk = desk();
    let (listener, port) = listener();
    drop(listener);
    let cases = [
        (format!("postgres://127.0.0.1:{port}/app"), "connection refused: nothing listens there"),
        ("postgres:///app?host=/nowhere".to_owned(), "no such socket: no server runs there"),
        ("postgres://no-such-host.invalid/app".to_owned(), "no-such-host.invalid"),
    ];
    for (url, reason) in cases {
        for verb in ["upgrade", "current", "plan", "downgrade base", "stamp head", "amend"] {
            desk.run(&format!("{verb} --database-url {url}"))
                .failed(5, &["cannot be reached", reason, "wait for it: --wait 60s"]);
        }
        let ended = desk.run(&format!("upgrade --wait 300ms --database-url {url}"));
        ended
            .failed(5, &["waiting for postgres://", "at most 0.3 s: ", "was not reached in 0.3 s"]);
        // No database, no problem of the set.
        desk.run(&format!("status --database-url {url}")).done().prints(&["cannot be reached"]);
    }
}

#[test]
fn a_server_that_closes_or_answers_nonsense_is_named() {
    let desk = desk();
    let (listener, port) = listener();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client comes");
        startup(&mut stream);
        drop(stream);
        let (mut stream, _) = listener.accept().expect("a client comes");
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").expect("the client listens");
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let upgrade = format!("upgrade --database-url postgres://127.0.0.1:{port}/app");
    desk.run(&upgrade).failed(5, &["cannot be reached", "the server closed the connection"]);
    desk.run(&upgrade).failed(1, &["what answers there is no server of PostgreSQL", "SSLRequest"]);
    server.join().expect("the server answered");
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let desk = desk();
    let (listener, port) = listener();
    let url = format!("postgres://127.0.0.1:{port}/app?connect_timeout=1");
    desk.run(&format!("upgrade --database-url {url}")).failed(5, &["it did not answer within 1 s"]);
    drop(listener);
}

#[test]
fn a_server_that_is_starting_is_waited_for() {
    let Some((desk, database)) = Desk::on_postgres() else { return };
    desk.draft("aaaa1", "CREATE TABLE aaaa1 (n int);", "DROP TABLE aaaa1;");
    let (closed, port) = listener();
    drop(closed);
    let url = database.postgres_url().replacen("@/", &format!("@127.0.0.1:{port}/"), 1);
    let upgrade = format!("upgrade --wait 60s --database-url {url}?sslmode=disable");
    // It begins to listen when it was found missing, refuses once more, and then is there.
    let ended = thread::scope(|scope| {
        let mut server = None;
        let ended = desk.run_telling(&upgrade, |said| {
            if said.contains("connection refused") && server.is_none() {
                let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
                server = Some(scope.spawn(|| {
                    let listener = listener;
                    let (stream, _) = listener.accept().expect("a client comes");
                    refuse(stream, "57P03", "the database system is starting up");
                    let (stream, _) = listener.accept().expect("a client comes again");
                    proxy(stream, &database);
                }));
            }
        });
        server.expect("it was started").join().expect("the server served");
        ended
    });
    ended.done().says(&[
        "at most 60 s: connection refused: nothing listens there",
        "at most 60 s: the database system is starting up",
        " answers, after ",
        "1 revision applied",
    ]);
    assert_eq!(database.rows("SELECT count(*) FROM aaaa1"), ["0"]);
}

#[test]
fn a_database_or_a_role_that_is_not_there_is_no_matter_of_waiting() {
    let Some((desk, database)) = Desk::on_postgres() else { return };
    let url = format!("{}_nowhere", database.postgres_url());
    let ended = desk.run(&format!("current --wait 60s --database-url {url}"));
    ended.failed(1, &["the server has no database `revchain_", "make it: createdb revchain_"]);
    let Database::Postgres { name } = &database else { return };
    desk.run(&format!("current --wait 60s --database-url postgres://nobody_at_all@/{name}"))
        .failed(1, &["does not let `nobody_at_all` in"]);
}

#[test]
fn tls_that_cannot_be_verified_is_refused() {
    let Some((desk, database)) = Desk::on_postgres() else { return };
    let port = &database.rows("SHOW port")[0];
    let url = database.postgres_url().replacen("@/", &format!("@127.0.0.1:{port}/"), 1);
    let verified = format!("current --database-url {url}?sslmode=verify-full");
    desk.run(&verified).failed(1, &["the TLS of the database's server is not as asked for"]);
    desk.run(&format!("{verified}&sslrootcert=nowhere.pem"))
        .failed(1, &["a certificate that the database's URL names is missing", "nowhere.pem"]);
    if database.rows("SHOW ssl") == ["on"] {
        desk.run(&format!("current --database-url {url}?sslmode=require")).done();
    }
}
