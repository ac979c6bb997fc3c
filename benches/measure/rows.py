"""What is measured: each function returns rows of the table."""

import os
import shutil
import sqlite3

from . import floors, programs
from .process import Cost, fail, instructions, interleaved, median, output, run, say, syncs
from .programs import EMPTY, FLOORS, MIGRATIONS, OURS, PEERS, cargo, database, work
from .table import Row, compared

LIMIT = 1.05
STARTS = 10  # of a program that has nothing to do, for one sample


class Programs:
    """The built programs of a set, and a file that each of them has migrated."""

    def __init__(self, count, with_peers):
        self.count = count
        self.files = programs.generate_ours(count)
        [ours] = programs.build(OURS, "ours")
        self.upgrade = [ours, "upgrade"]
        self.per_revision = [ours, "per-revision"]
        self.migrated = self.migrate(self.upgrade, "ours")
        again = self.migrate(self.upgrade, "ours-again")
        varying = floors.write(programs.DATA, self.files, self.migrated, again)
        one, each, start = programs.build(FLOORS, "one", "each", "open")
        self.one, self.each, self.open = [one], [each], [start]
        programs.sqlite_is_the_same(OURS, FLOORS)
        others = [(self.one, "one"), (self.each, "each"), (self.per_revision, "per-revision")]
        for command, name in others:
            floors.same(self.migrated, self.migrate(command, name), varying)
        self.peers, self.migrated_by_peer = {}, {}
        if with_peers:
            programs.generate_peers(count)
            for name, package in PEERS.items():
                self.peers[name] = programs.build(package, f"bench-{name}")
                self.migrated_by_peer[name] = self.migrate(self.peers[name], name)

    def migrate(self, command, name):
        path = database(name)
        run([*command, path])
        return path


def upgrades(built, rounds):
    """Applying everything to a fresh file, both ways."""
    say(f"applying {built.count} revisions, {rounds} rounds")
    commands = {
        "ours": built.upgrade,
        "one": built.one,
        "ours, per revision": built.per_revision,
        "each": built.each,
        **built.peers,
    }
    costs = interleaved({name: fresh(command) for name, command in commands.items()}, rounds)
    per_revision = ("ours, per revision", "each")
    in_one = {name: cost for name, cost in costs.items() if name not in per_revision}
    in_each = {name: costs[name] for name in per_revision}
    title = f"apply {built.count:,} revisions"
    return [
        compared(f"{title}, CPU", in_one, "ours", "one", "cpu", LIMIT),
        compared(f"{title}, wall", in_one, "ours", "one", "wall"),
        compared(f"{title}, one transaction each, CPU", in_each, *per_revision, "cpu", LIMIT),
        compared(f"{title}, one transaction each, wall", in_each, *per_revision, "wall"),
    ]


def fresh(command):
    def measure():
        return run([*command, database("fresh")])

    return measure


def start(built, rounds):
    """A start that finds nothing to do."""
    say(f"starting with nothing to do, {rounds} rounds of {STARTS}")
    commands = {
        "ours": [*built.upgrade, built.migrated],
        "open": [*built.open, built.migrated],
        **{name: [*built.peers[name], path] for name, path in built.migrated_by_peer.items()},
    }
    costs = interleaved({name: repeated(command) for name, command in commands.items()}, rounds)
    return [
        compared("start, nothing to do, CPU", costs, "ours", "open", "cpu", LIMIT),
        compared("start, nothing to do, wall", costs, "ours", "open", "wall", LIMIT),
    ]


def repeated(command):
    def measure():
        costs = [run(command) for _ in range(STARTS)]
        cpu = median(cost.cpu for cost in costs)
        return Cost(cpu, median(cost.wall for cost in costs), costs[0].peak)

    return measure


def journal(built):
    """Syncs for each revision that is a transaction of its own."""
    say("counting syncs")
    rows = []
    for mode, limit in (("delete", 4), ("wal", 1)):
        counts = {
            name: syncs([*command, prepared(mode)]) / built.count
            for name, command in
            {"ours": built.per_revision, "each": built.each, **built.peers}.items()
        }
        each = counts.pop("each")
        ours = counts.pop("ours")
        peers = {name: count / each for name, count in counts.items()}
        # The ledger is made once, and a log is written back now and then: so does the floor.
        slack = max(each - limit, 0) + 8 / built.count
        name = f"syncs a revision, journal mode {mode}"
        shown = [f"{ours:.3f}", f"{each:.3f}"]
        rows.append(Row(name, *shown, round(ours, 3), limit, "", peers, slack))
    return rows


def prepared(mode):
    path = database("synced")
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA journal_mode = {mode}")
    connection.close()
    return path


def in_memory():
    """A test's database: the first of a process, and the later ones."""
    rows = []
    for profile in ("dev", "release"):
        say(f"in_memory(), {profile} profile")
        words = ["run", "--quiet", "--profile", profile, "--features", "in-memory", "--"]
        cargo("build", "--profile", profile, "--features", "in-memory", package=OURS)
        environment = {**os.environ, "CARGO_TARGET_DIR": str(programs.TARGET)}
        printed = output(["cargo", *words, "in-memory"], cwd=OURS, env=environment)
        first, *later = [int(line) / 1000 for line in printed.split()]
        name = f"in_memory(), second call, {profile} profile"
        rows.append(Row(name, f"{median(later):.2f} ms", f"first {first:.0f} ms", median(later), 1, "ms"))
    return rows


def check(count, limit, files, rounds, with_peers):
    """`cargo check` after a comment was added to one file."""
    say(f"cargo check with {count} files, {rounds} rounds")
    edited = files[len(files) // 2]
    measures = {"ours": checked(OURS, edited), "empty": checked(EMPTY, edited)}
    if with_peers:
        for name, package in PEERS.items():
            files = sorted((package / "migrations").rglob("*.sql"))
            measures[name] = checked(package, files[len(files) // 2])
    for measure in measures.values():
        measure()  # The dependencies, and whatever else only the first check does.
    noticed(OURS, edited)
    costs = interleaved(measures, rounds)
    title = f"cargo check, one of {count:,} files edited"
    return [
        compared(f"{title}, CPU", costs, "ours", "empty", "cpu", limit),
        compared(f"{title}, wall", costs, "ours", "empty", "wall"),
    ]


def noticed(package, file):
    """Ends the run if an edit goes unnoticed, for then there is nothing to measure."""
    file.touch()
    environment = {**os.environ, "CARGO_TARGET_DIR": str(programs.TARGET)}
    words = ["cargo", "check", "--offline", "--message-format", "json"]
    if '"fresh":false' not in output(words, cwd=package, env=environment):
        fail(f"`cargo check` does not notice an edit of `{file.name}`")


def checked(package, file):
    original = file.read_bytes()
    edits = iter(range(1_000_000))

    def measure():
        file.write_bytes(original + b"-- edit %d\n" % next(edits))
        try:
            return cargo("check", "--quiet", "--offline", package=package)
        finally:
            file.write_bytes(original)

    return measure


def rustc_peak(count, files):
    """The memory of the compiler, over the set."""
    say(f"rustc's memory with {count} files")
    rows = {}
    for package, crate in ((OURS, "ours"), (EMPTY, "empty")):
        file = work() / "peak"
        file.unlink(missing_ok=True)
        files[0].touch()
        cargo(
            "check", "--offline", package=package, target=work() / "peak-target",
            RUSTC_WRAPPER=str(programs.BENCHES / "measure" / "rustc_peak"),
            REVCHAIN_PEAK_CRATE=crate, REVCHAIN_PEAK_FILE=str(file),
        )
        if not file.exists():
            fail(f"rustc did not compile `{crate}`")
        rows[crate] = int(file.read_text()) / 2**20
    ours, floor = rows["ours"], rows["empty"]
    name = f"rustc's peak memory, {count:,} files"
    return [Row(name, f"{ours:.0f} MiB", f"{floor:.0f} MiB", round(ours), 300, "MiB")]


def cold(rounds, with_peers):
    """A first debug build, with all dependencies."""
    say(f"cold debug builds, {rounds} rounds")
    packages = {"ours": OURS, "rusqlite": EMPTY, **(PEERS if with_peers else {})}
    costs = interleaved({name: cold_build(path) for name, path in packages.items()}, rounds)
    return [compared("cold debug build, CPU", costs, "ours", "rusqlite", "cpu", 1.6)]


def cold_build(package):
    def measure():
        target = work() / "cold-target"
        shutil.rmtree(target, ignore_errors=True)
        # Crates from a registry are not compiled incrementally; ours, being a path, would be.
        words = ["build", "--quiet", "--offline"]
        cost = cargo(*words, package=package, target=target, CARGO_INCREMENTAL="0")
        shutil.rmtree(target)
        return cost

    return measure


def crates(with_peers):
    ours, floor = programs.crates(OURS), programs.crates(EMPTY)
    peers = {name: len(programs.crates(path)) for name, path in PEERS.items()} if with_peers else {}
    more = len(ours) - len(floor)
    name = "crates more than rusqlite alone"
    peers = {name: float(count - len(floor)) for name, count in peers.items()}
    return [Row(name, str(len(ours)), str(len(floor)), more, 20, "crates", peers)]


def plan(count):
    """A plan over a large set."""
    programs.generate_ours(count)
    [ours] = programs.build(OURS, "ours")
    say(f"planning {count} revisions")
    steps, peak = output([ours, "plan", database("planned")]).split()
    if int(steps) != count:
        fail(f"the plan has {steps} steps, not {count}")
    mebibytes = int(peak) / 1024
    name = f"a plan over {count:,} revisions, peak memory"
    return [Row(name, f"{mebibytes:.1f} MiB", "", round(mebibytes, 1), 64, "MiB")]


def targets(count):
    """What a target names, in chains of three shapes: the longest that any takes, and how memory grows."""
    [planning] = programs.build(programs.BENCHES / "planning", "planning")
    rows = []
    for shape in ("line", "branches", "thicket"):
        say(f"finding targets: {shape}")
        micros, what = output([planning, "times", shape, str(count)]).split(" ", 1)
        name = f"any target, {count:,} revisions, {shape}"
        milliseconds = int(micros) / 1000
        rows.append(Row(name, f"{milliseconds:.1f} ms", what.strip(), milliseconds, 20, "ms"))
        grown = []
        for size in (count, 4 * count):
            peak, before = output([planning, "memory", shape, str(size)]).split()
            grown.append((int(peak) - int(before)) / 1024)
        name = f"the same, memory for {count:,} and for four times as many, {shape}"
        shown, floor = f"{grown[1]:.1f} MiB", f"{grown[0]:.1f} MiB"
        rows.append(Row(name, shown, floor, grown[1] / grown[0], 5))
    return rows


def counted(built, recorded):
    """Instructions, which do not drift; `recorded` holds the ratios of an earlier run, by name."""
    pairs = {
        "apply": (built.upgrade, built.one, None),
        "apply, one transaction each": (built.per_revision, built.each, None),
        "start, nothing to do": (built.upgrade, built.open, built.migrated),
    }
    rows = []
    for name, (ours, floor, path) in pairs.items():
        say(f"counting instructions: {name}")
        counts = [instructions([*each, path or database("counted")]) for each in (ours, floor)]
        limit = LIMIT
        if name in recorded:
            limit = min(LIMIT, recorded[name] * 1.02)
        shown = [f"{count / 1e6:.1f} M" for count in counts]
        ratio = counts[0] / counts[1]
        title = f"instructions: {name}"
        rows.append(Row(title, *shown, ratio, round(limit, 3), key=name))
    return rows
