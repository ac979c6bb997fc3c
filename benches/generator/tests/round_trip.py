#!/usr/bin/env python3
"""Runs a history that `generate rusqlite_migration` wrote up, down and up again on SQLite.

Every downgrade must leave the schema and the rows as its upgrade found them, and the second
climb must end where the first did. Usage: round_trip.py FOLDER
"""

import sqlite3
import sys
from pathlib import Path


def snapshot(connection):
    schema = sorted(
        connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema"), key=repr
    )
    tables = [name for kind, name, _, _ in schema if kind == "table"]
    rows = {t: sorted(connection.execute(f'SELECT * FROM "{t}"'), key=repr) for t in tables}
    return schema, rows


def main():
    upgrades = sorted(Path(sys.argv[1]).glob("*.up.sql"))
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    before = []
    for upgrade in upgrades:
        before.append(repr(snapshot(connection)))
        connection.executescript(upgrade.read_text())
    head = snapshot(connection)
    for upgrade in reversed(upgrades):
        downgrade = upgrade.with_name(upgrade.name.replace(".up.", ".down."))
        connection.executescript(downgrade.read_text())
        if repr(snapshot(connection)) != before.pop():
            sys.exit(f"{downgrade.name} does not restore what {upgrade.name} found")
    for upgrade in upgrades:
        connection.executescript(upgrade.read_text())
    if snapshot(connection) != head:
        sys.exit("the second climb ends elsewhere")
    rows = sum(map(len, head[1].values()))
    print(f"{len(upgrades)} revisions: equal ({len(head[0])} objects, {rows} rows)")


main()
