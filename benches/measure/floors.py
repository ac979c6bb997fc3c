"""Writes the data of the floor programs from a database that our own program migrated.

The floors write the same ledger and event rows by construction: DDL and rows come out of the
file. Two migrated files tell which columns hold times or marks of a run, for those differ.
"""

import shutil
import sqlite3

from .process import fail

LEDGER, EVENTS = "revchain_revisions", "revchain_events"


# As the runtime writes the time of a row.
NOW = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"


class Table:
    """A table of ours: its columns, which of them vary from run to run, and its rows."""

    def __init__(self, name, order, connection, other):
        self.name = name
        self.columns = [row[1] for row in connection.execute(f"PRAGMA table_info({name})")]
        query = f"SELECT {', '.join(self.columns)} FROM {name} ORDER BY {order}"
        self.rows = connection.execute(query).fetchall()
        others = other.execute(query).fetchall()
        if len(self.rows) != len(others):
            fail(f"two runs wrote {len(self.rows)} and {len(others)} rows to {name}")
        self.varying = {
            column
            for position, column in enumerate(self.columns)
            if any(a[position] != b[position] for a, b in zip(self.rows, others))
        }
        self.times = {
            column
            for position, column in enumerate(self.columns)
            if column in self.varying and isinstance(self.rows[0][position], str)
        }

    def insert(self):
        values = (NOW if column in self.times else "?" for column in self.columns)
        return f"INSERT INTO {self.name} ({', '.join(self.columns)}) VALUES ({', '.join(values)})"

    def fields(self, row):
        """One row as Rust fields; what varies is the floor's own to fill in."""
        return ", ".join(
            "Elapsed" if column in self.varying else field(value)
            for column, value in zip(self.columns, row)
            if column not in self.times
        )


def write(data, texts, migrated, again):
    """Writes `floors/data`: `texts` are the migration files, in order."""
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    connection, other = sqlite3.connect(migrated), sqlite3.connect(again)
    ledger = Table(LEDGER, "sequence", connection, other)
    events = Table(EVENTS, "id", connection, other)
    if not len(ledger.rows) == len(events.rows) == len(texts):
        fail("the floors expect one ledger row and one event for each revision")
    ddl = connection.execute(
        "SELECT sql FROM sqlite_schema WHERE tbl_name LIKE 'revchain@_%' ESCAPE '@'"
        " AND sql IS NOT NULL ORDER BY rowid"
    )
    lines = [
        "use crate::Field::*;",
        f"pub const DDL: &str = {text(''.join(f'{sql};' for (sql,) in ddl))};",
        f"pub const INSERT_REVISION: &str = {text(ledger.insert())};",
        f"pub const INSERT_EVENT: &str = {text(events.insert())};",
        "pub static REVISIONS: &[crate::Revision] = &[",
    ]
    for number, (file, revision, event) in enumerate(zip(texts, ledger.rows, events.rows)):
        upgrade = data / f"{number:05}.sql"
        upgrade.write_text(section(file.read_text()))
        lines.append(
            f'crate::Revision {{ upgrade: include_str!("{upgrade.name}"),'
            f" row: &[{ledger.fields(revision)}], event: &[{events.fields(event)}] }},"
        )
    (data / "apply.rs").write_text("\n".join([*lines, "];\n"]))
    write_sealed(data, connection)
    write_texts(data, texts)
    return ledger.varying | events.varying


def write_texts(data, texts):
    """Writes the list of all migration files for the floor of compile times."""
    data.mkdir(parents=True, exist_ok=True)
    listed = "".join(f'    include_str!("{file}"),\n' for file in texts)
    (data / "texts.rs").write_text(f"pub static TEXTS: &[&str] = &[\n{listed}];\n")


def write_sealed(data, connection):
    # Without an order: the rows come as the table has them, and so the program reads them.
    select = f"SELECT revision, upgrade_checksum, downgrade_checksum FROM {LEDGER}"
    rows = "".join(
        f"    [{', '.join(as_bytes(value) for value in row)}],\n"
        for row in connection.execute(select)
    )
    (data / "sealed.rs").write_text(
        f"pub const SELECT: &str = {text(select)};\n"
        f"pub static SEALED: &[[&[u8]; 3]] = &[\n{rows}];\n"
    )


def section(file):
    """The statements of a migration file's upgrade."""
    upgrade = file.split("-- migrate:upgrade\n", 1)[1]
    return upgrade.split("-- migrate:downgrade\n", 1)[0]


def field(value):
    if value is None:
        return "Null"
    if isinstance(value, int):
        return f"Integer({value})"
    return f"Blob({as_bytes(value)})" if isinstance(value, bytes) else f"Text({text(value)})"


def text(value):
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "\\r")
    return f'"{escaped}"'


def as_bytes(value):
    data = value.encode() if isinstance(value, str) else value
    return 'b"' + "".join(
        chr(b) if 32 <= b < 127 and chr(b) not in '"\\' else f"\\x{b:02x}" for b in data
    ) + '"'


def same(left, right, varying):
    """Ends the run if two migrated files differ in more than the `varying` columns."""
    contents = []
    for path in (left, right):
        connection = sqlite3.connect(path)
        schema = connection.execute(
            "SELECT type, name, sql FROM sqlite_schema ORDER BY type, name"
        ).fetchall()
        rows = {}
        for kind, table, _ in schema:
            if kind == "table":
                cursor = connection.execute(f'SELECT * FROM "{table}"')
                ours = table.startswith("revchain_")
                kept = [
                    n
                    for n, column in enumerate(cursor.description)
                    if not (ours and column[0] in varying)
                ]
                rows[table] = sorted(repr([row[n] for n in kept]) for row in cursor)
        contents.append((schema, rows))
    if contents[0] != contents[1]:
        fail(f"`{left.name}` and `{right.name}` differ in more than times")
