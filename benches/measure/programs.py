"""Generates the sets and builds the programs."""

import json
import os
import shutil
from pathlib import Path

from . import floors
from .process import disk_backed, fail, output, run, say

BENCHES = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or BENCHES / "target").resolve()
OURS = BENCHES / "ours"
FLOORS = BENCHES / "floors"
EMPTY = FLOORS / "empty"
DATA = FLOORS / "data"
MIGRATIONS = OURS / "migrations"
PEERS = {
    name: BENCHES / "peers" / name
    for name in ("sqlx", "refinery", "diesel", "rusqlite_migration")
}
SEED = 1


def cargo(*words, package, target=TARGET, **environment):
    """Runs cargo in the folder of a package and returns what it took."""
    environment = {**os.environ, "CARGO_TARGET_DIR": str(target), **environment}
    return run(["cargo", *words], cwd=package, env=environment)


def work():
    """The folder for databases and copies of programs."""
    folder = TARGET / "revchain-bench"
    folder.mkdir(parents=True, exist_ok=True)
    return disk_backed(folder)


def database(name):
    """A path without a file, for a fresh database."""
    path = work() / f"{name}.db"
    for ending in ("", "-journal", "-wal", "-shm", "-revchain"):
        Path(f"{path}{ending}").unlink(missing_ok=True)
    return path


def build(package, *binaries, features=()):
    """Builds for release; returns copies of the binaries, which later builds leave alone."""
    say(f"building {', '.join(binaries)}")
    chosen = [word for feature in features for word in ("--features", feature)]
    cargo("build", "--release", *chosen, package=package)
    kept = work() / "bin"
    kept.mkdir(exist_ok=True)
    for binary in binaries:
        shutil.copy2(TARGET / "release" / binary, kept / binary)
    return [kept / binary for binary in binaries]


def generate(layout, count, folder):
    shutil.rmtree(folder, ignore_errors=True)
    cargo("build", "--release", "--package", "revchain-generator", package=BENCHES)
    run([TARGET / "release" / "generate", layout, count, SEED, folder])


def generate_ours(count):
    """Writes revisions and their lock, and the list of files for the floor of compile times."""
    say(f"generating {count} revisions")
    generate("revchain", count, MIGRATIONS)
    cargo("build", "--release", "--package", "seal", package=BENCHES)
    run([TARGET / "release" / "seal", MIGRATIONS])
    files = sorted(MIGRATIONS.glob("*.sql"))
    if len(files) != count:
        fail(f"{len(files)} revisions were written, not {count}")
    floors.write_texts(DATA, files)
    return files


def generate_peers(count):
    for name, package in PEERS.items():
        generate(name, count, package / "migrations")


def crates(package):
    """The crates that a build of a package compiles, without itself."""
    tree = ["cargo", "tree", "--edges", "normal,build", "--prefix", "none", "--no-dedupe"]
    lines = output([*tree, "--format", "{p}"], cwd=package).splitlines()
    return {" ".join(line.split()[:2]) for line in lines[1:] if line}


def sqlite_is_the_same(left, right):
    """Ends the run if two programs do not link the same SQLite."""
    kept = [{crate for crate in crates(p) if "sqlite" in crate} for p in (left, right)]
    if kept[0] != kept[1]:
        fail(f"different SQLite: {json.dumps([sorted(each) for each in kept])}")
