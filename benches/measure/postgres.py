"""Applying a set to PostgreSQL: ours, sqlx, and psql, which is the floor."""

import shutil
import subprocess

from . import programs
from .far import Far
from .process import interleaved, output, run, say
from .table import compared

LIMIT = 1.05
PACKAGE = programs.BENCHES / "postgres"
PEER = programs.BENCHES / "peers" / "sqlx_postgres"
HISTORY = "CREATE TABLE history (id text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
PSQL = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d"]


def there():
    """Tells whether psql finds a server."""
    asked = [*PSQL, "postgres", "-c", "SELECT 1"]
    return shutil.which("psql") and subprocess.run(asked, capture_output=True).returncode == 0


def statements(number):
    """A revision: a table with a row, and now and then an index, a column or a view on what is there."""
    kept = [
        f"CREATE TABLE items_{number} (id bigint PRIMARY KEY, name text NOT NULL, price numeric DEFAULT 0)",
        f"INSERT INTO items_{number} (id, name) VALUES ({number}, 'a name')",
    ]
    if number % 5 == 4:
        kept.append(f"CREATE INDEX items_{number}_name ON items_{number} (name)")
    if number % 7 == 6:
        kept.append(f"ALTER TABLE items_{number - 3} ADD COLUMN note text")
    if number % 11 == 10:
        kept.append(f"CREATE VIEW cheap_{number} AS SELECT id FROM items_{number} WHERE price < 10")
    return kept


def name(number):
    return f"r{number:05}"


def write(folder, count):
    """Writes the set in every form."""
    shutil.rmtree(folder, ignore_errors=True)
    for form in ("ours", "sqlx"):
        (folder / form).mkdir(parents=True)
    steps = ["SET client_min_messages = error;", HISTORY + ";"]
    for number in range(count):
        own = statements(number)
        text = ";\n".join(own) + ";\n"
        parent = name(number - 1) if number else "base"
        (folder / "ours" / f"{name(number)}.sql").write_text(
            f"-- one more\n--\n-- revision: {name(number)}\n-- revises: {parent}\n\n"
            f"-- migrate:upgrade\n{text}\n-- migrate:irreversible the benchmark does not go back\n")
        (folder / "sqlx" / f"{number + 1:05}_one_more.sql").write_text(text)
        steps += ["BEGIN;", text, f"INSERT INTO history VALUES ('{name(number)}');", "COMMIT;"]
    (folder / "psql.sql").write_text("\n".join(steps))
    programs.cargo("build", "--release", "--package", "seal", package=programs.BENCHES)
    run([programs.TARGET / "release" / "seal", folder / "ours", "postgres"])


def messages(count):
    """What psql sends as one message each."""
    words = ["-c", HISTORY]
    for number in range(count):
        own = "; ".join(statements(number))
        row = f"INSERT INTO history VALUES ('{name(number)}')"
        words += ["-c", f"BEGIN; {own}; {row}; COMMIT"]
    return words


class Database:
    """A database on the server that psql finds, made anew for each measurement."""

    NAME = "revchain_bench"

    def __init__(self):
        ask = [*PSQL, "postgres", "-A", "-t", "-c"]
        user = output([*ask, "SELECT current_user"]).strip()
        folder = output([*ask, "SELECT split_part(current_setting('unix_socket_directories'), ',', 1)"]).strip()
        port = output([*ask, "SELECT current_setting('port')"]).strip()
        self.user, self.socket = user, f"{folder}/.s.PGSQL.{port}"
        self.url = self.by(folder)

    def by(self, folder):
        return f"postgres:///{self.NAME}?host={folder}&user={self.user}"

    def drop(self):
        run([*PSQL, "postgres", "-c", f"DROP DATABASE IF EXISTS {self.NAME} WITH (FORCE)"])

    def fresh(self, command):
        def measure():
            self.drop()
            run([*PSQL, "postgres", "-c", f"CREATE DATABASE {self.NAME} TEMPLATE template0", "-c", "CHECKPOINT"])
            return run(command)

        return measure


def rows(count, rounds, with_peers):
    """Wall-clock time of whole processes, as most of it is the server's."""
    if not there():
        say("no PostgreSQL server: not measured")
        return []
    folder = programs.work() / "postgres"
    write(folder, count)
    [ours] = programs.build(PACKAGE, "bench-postgres")
    database = Database()
    commands = {
        "ours": [ours, folder / "ours", database.url],
        "message": [*PSQL, Database.NAME, *messages(count)],
        "psql": [*PSQL, Database.NAME, "-f", folder / "psql.sql"],
    }
    if with_peers:
        [sqlx] = programs.build(PEER, "bench-sqlx_postgres")
        commands["sqlx"] = [sqlx, folder / "sqlx", database.url]
    say(f"applying {count} revisions to PostgreSQL, {rounds} rounds")
    try:
        costs = interleaved({each: database.fresh(command) for each, command in commands.items()}, rounds)
    finally:
        database.drop()
    near = compared(f"PostgreSQL: apply {count:,} revisions, wall", costs, "ours", "message", "wall", LIMIT)
    return [near, far(database, ours, sqlx if with_peers else None)]


def far(database, ours, sqlx):
    """A hundred revisions on a server that is 10 ms away."""
    count = 100
    folder = programs.work() / "postgres_far"
    write(folder, count)
    say(f"applying {count} revisions to PostgreSQL, 10 ms away")
    with Far(database.socket, 0.010) as way:
        url = database.by(way)
        commands = {"ours": [ours, folder / "ours", url], "message": [*PSQL, url, *messages(count)]}
        if sqlx:
            commands["sqlx"] = [sqlx, folder / "sqlx", url]
        try:
            costs = interleaved({each: database.fresh(command) for each, command in commands.items()}, 3)
        finally:
            database.drop()
    return compared(f"PostgreSQL, 10 ms away: apply {count} revisions, wall", costs, "ours", "message", "wall")
