"""Comparing schemas of 500 tables, and reading models from 1,000 files of source."""

import shutil

from . import postgres, programs, schemas
from .process import instructions, interleaved, run, say
from .schemas import FILES, TABLES
from .table import Row, compared, milliseconds

PAIRS = {
    "after": f"{schemas.CHANGED} tables differ",
    "after apart": f"{schemas.CHANGED} tables differ, all made",
    "before apart": "nothing differs, all made",
}
# Milliseconds; none where a PostgreSQL server needs longer to make both sides once.
LIMITS = {("sqlite", "after"): 200, ("sqlite", "before apart"): 200, ("postgres", "after"): 1000}


class Compared:
    """The built command, and the program that reads models as the command does, with what they are given."""

    def __init__(self):
        self.folder = programs.work() / "schemas"
        shutil.rmtree(self.folder, ignore_errors=True)
        [self.command] = programs.build(programs.BENCHES.parent / "cargo-migrate", "cargo-migrate")
        [self.models] = programs.build(programs.BENCHES / "models", "models")
        self.sides = {dialect: schemas.write(self.folder, dialect) for dialect in schemas.TYPES}
        self.sources = self.folder / "sources"
        schemas.write_sources(self.sources)

    def diff(self, dialect, pair):
        """Both sides of a comparison, and the command that makes it."""
        sides = [self.sides[dialect][name] for name in ("before", pair)]
        words = ["--from", sides[0], "--to", sides[1], "--dialect", dialect]
        if dialect == "postgres":
            words += ["--scratch-url", "postgres:///postgres"]
        return sides, [self.command, "migrate", "diff", *words, "--json"]


def rows(rounds):
    """A row for each pair and dialect; the floor makes the two schemas and looks at nothing."""
    built = Compared()
    measured = []
    for dialect in schemas.TYPES:
        if dialect == "postgres" and not postgres.there():
            say("skipped: psql finds no PostgreSQL server")
            continue
        for pair, what in PAIRS.items():
            say(f"comparing {TABLES} tables on {dialect}: {what}")
            sides, diff = built.diff(dialect, pair)
            costs = interleaved(
                {"ours": lambda: run(diff), "floor": lambda: run(floor(dialect, sides))}, rounds)
            name = f"diff of {TABLES} tables, {what}, {dialect}"
            measured.append(within(name, costs, LIMITS.get((dialect, pair))))
            measured.append(compared(f"{name}, CPU", costs, "ours", "floor", "cpu"))
    say(f"reading models from {FILES:,} files")
    read = ["sh", "-c", "cat */*.rs"]
    measures = {
        "ours": lambda: run([built.models, built.sources]),
        "floor": lambda: run(read, cwd=built.sources),
    }
    costs = interleaved(measures, rounds)
    return [*measured, within(f"models of {FILES:,} files", costs, 300)]


def counted(recorded):
    """Instructions of the command on SQLite, and of reading models; `recorded` holds those of an earlier run, by name.

    There is no floor that would drift as they do, so a tenth more than was recorded is allowed: another compiler.
    """
    built = Compared()
    commands = {f"diff of {TABLES} tables, {what}": built.diff("sqlite", pair)[1] for pair, what in PAIRS.items()}
    commands[f"models of {FILES:,} files"] = [built.models, built.sources]
    rows = []
    for name, command in commands.items():
        say(f"counting instructions: {name}")
        millions = instructions(command) / 1e6
        limit = round(recorded[name] * 1.1) if name in recorded else None
        shown = f"{millions:.0f} M"
        rows.append(Row(f"instructions: {name}", shown, "", round(millions), limit, "M", key=name))
    return rows


def within(name, costs, limit):
    """A row whose limit is a time."""
    ours, floor = (costs[key].wall * 1000 for key in ("ours", "floor"))
    shown = [milliseconds(each / 1000) for each in (ours, floor)]
    return Row(name, *shown, round(ours), limit, "ms")


def floor(dialect, sides):
    """A program that makes both schemas, in the way in which the dialect's own client does."""
    if dialect == "sqlite":
        text = "import sqlite3, sys\n" \
               "for path in sys.argv[1:]: sqlite3.connect(':memory:').executescript(open(path).read())"
        return ["python3", "-c", text, *sides]
    name = "revchain_bench_schemas"
    made = " && ".join(
        f"psql -X -q -d postgres -c 'CREATE DATABASE {name} TEMPLATE template0' && "
        f"PGOPTIONS='-c synchronous_commit=off' psql -X -q -1 -d {name} -f '{path}' && "
        f"psql -X -q -d postgres -c 'DROP DATABASE {name}'" for path in sides)
    return ["sh", "-c", made]
