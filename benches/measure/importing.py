"""Bringing over the files of another tool."""

import shutil

from . import programs
from .comparing import within
from .process import interleaved, run, say

COUNT = 700


def rows(rounds):
    """A row for the import of sqlx's files, each with its way back; the floor copies them."""
    say(f"importing {COUNT} files, {rounds} rounds")
    [command] = programs.build(programs.BENCHES.parent / "cargo-migrate", "cargo-migrate")
    old, new = programs.work() / "sqlx", programs.work() / "imported"
    programs.generate("sqlx", COUNT, old)
    # A lock is written here, also where `CI` is set.
    words = ["migrate", "import", "--from", "sqlx", old, "--into", new, "--dialect", "sqlite", "--locked=false"]
    measures = {"ours": into(new, [command, *words]), "floor": into(new, ["cp", "-r", old, new])}
    costs = interleaved(measures, rounds)
    return [within(f"import of {COUNT} migrations of sqlx", costs, 1000)]


def into(folder, command):
    """Runs a command that makes a folder."""
    def measure():
        shutil.rmtree(folder, ignore_errors=True)
        return run(command)

    return measure
