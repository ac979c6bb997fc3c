"""Runs programs and counts what they cost."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path


def fail(message):
    sys.exit(f"error: {message}")


def require(*tools):
    """Ends the run if a tool is not installed."""
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing:
        fail(f"not installed: {', '.join(missing)} (install them, or leave out what needs them)")


def say(message):
    print(message, file=sys.stderr, flush=True)


@dataclass
class Cost:
    """What one process and its children took."""

    cpu: float  # seconds, user and system
    wall: float  # seconds
    peak: int  # bytes, the largest of them


def run(command, **options):
    """Runs a command to its end and returns its cost."""
    options.setdefault("stdout", subprocess.DEVNULL)
    options.setdefault("stderr", subprocess.PIPE)
    started = time.perf_counter()
    process = subprocess.Popen([str(word) for word in command], **options)
    complaint = process.stderr.read() if process.stderr else b""
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.stderr:
        process.stderr.close()
    if process.returncode != 0:
        first_lines = complaint.decode(errors="replace").splitlines()[:20]
        fail("\n".join([f"{' '.join(map(str, command))} failed:", *first_lines]))
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * 1024)


def output(command, **options):
    """Runs a command and returns what it printed."""
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, **options
    )
    if done.returncode != 0:
        fail(f"{' '.join(map(str, command))} failed:\n{done.stderr}")
    return done.stdout


def syncs(command):
    """Counts the fsync and fdatasync calls of a command."""
    with tempfile.NamedTemporaryFile("r") as trace:
        run(["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync", "-o", trace.name, *command])
        return len(re.findall(r"\bf(?:data)?sync\(", trace.read()))


def instructions(command):
    """Counts the instructions of a command, children excluded."""
    with tempfile.NamedTemporaryFile("r") as counts:
        run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={counts.name}", *command])
        return int(re.search(r"^(?:totals|summary): (\d+)", counts.read(), re.MULTILINE)[1])


def median(numbers):
    ordered = sorted(numbers)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def interleaved(measures, rounds):
    """Measures everything once in each round; returns the costs by name.

    Side by side and not one after the other, so that what disturbs the machine disturbs all; and each round begins with
    another, so that none always follows the same: what one leaves to be written, the next one waits for.
    """
    costs = {name: [] for name in measures}
    names = list(measures)
    for _ in range(rounds):
        for name in names:
            costs[name].append(measures[name]())
        names.append(names.pop(0))
    return {
        name: Cost(
            median(cost.cpu for cost in each),
            median(cost.wall for cost in each),
            max(cost.peak for cost in each),
        )
        for name, each in costs.items()
    }


def disk_backed(folder):
    """Ends the run if a folder lies in memory, where a sync costs nothing."""
    kind = output(["stat", "--file-system", "--format=%T", folder]).strip()
    if kind in ("tmpfs", "ramfs"):
        fail(f"`{folder}` is a {kind}: choose a folder on a disk with CARGO_TARGET_DIR")
    return Path(folder)
