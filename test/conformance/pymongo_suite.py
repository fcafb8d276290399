#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs PyMongo's own tests, from its source distribution, against a fresh server.

    pymongo_suite.py [--update] [MODULE …]

Each test id in pymongo_passing.txt must pass: the list only grows. --update adds what passes now; what no longer passes has
to be taken out by hand, and explained. Nothing may be skipped because the server could not be reached. A test that fails and
has its reason in pymongo_excused.txt is named with it.
"""
import argparse
import collections
import fnmatch
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
TOOLS = REPOSITORY / "build" / "tools"
PASSING = HERE / "pymongo_passing.txt"
EXCUSED = HERE / "pymongo_excused.txt"
MODULES = ["test_change_stream", "asynchronous/test_change_stream", "test_collection", "test_cursor", "test_database", "test_bulk", "test_client_bulk_write",
           "test_crud_unified", "test_retryable_writes", "test_retryable_writes_unified", "test_collation",
           "test_collection_management", "test_index_management", "test_run_command", "test_examples",
           "test_grid_file", "test_gridfs", "test_gridfs_bucket", "test_gridfs_spec",
           "test_transactions", "test_transactions_unified", "test_session", "test_sessions_unified",
           "test_causal_consistency", "test_retryable_reads", "test_retryable_reads_unified", "test_versioned_api",
           "test_versioned_api_integration"]
# Some tests connect to MongoDB's default port whatever they are told.
PORT = 27017
sys.path.insert(0, str(REPOSITORY / "test" / "harness"))

from freshet_server import FreshetServer  # noqa: E402
import own_network  # noqa: E402


def read_passing():
    if not PASSING.exists():
        return "", set()
    lines = PASSING.read_text().splitlines()
    version = next((line.split()[-1] for line in lines if line.startswith("# pymongo ")), "")
    return version, {line for line in lines if line and not line.startswith("#")}


def write_passing(version, passing):
    text = "# Tests of PyMongo's suite that must pass; pymongo_suite.py refuses to let this shrink.\n"
    PASSING.write_text(text + f"# pymongo {version}\n" + "".join(f"{name}\n" for name in sorted(passing)))


def file_of(module):
    return f"test/{module}.py"


def read_excused():
    """Reasons by pattern of test ids: `pattern: reason`."""
    lines = EXCUSED.read_text().splitlines() if EXCUSED.exists() else []
    return dict(line.split(": ", 1) for line in lines if line and not line.startswith("#"))


def excuse_of(name, excused):
    return next((reason for pattern, reason in excused.items() if fnmatch.fnmatchcase(name, pattern)), None)


def run(modules, server):
    """Outcomes and reasons by test id."""
    suite = TOOLS / "pymongo"
    with tempfile.TemporaryDirectory() as scratch:
        result = Path(scratch) / "outcomes.json"
        environment = {**os.environ, "DB_IP": server.host, "DB_PORT": str(server.port),
                       "FRESHET_OUTCOMES": str(result), "PYTHONPATH": str(HERE)}
        files = [file_of(name) for name in modules]
        subprocess.run([TOOLS / "venv" / "bin" / "python", "-m", "pytest", "-q", "-c", HERE / "pymongo.ini",
                        "--rootdir=.", "-m", "default or default_async", "-p", "record_outcomes", "--timeout=60",
                        "--timeout-method=signal", "--tb=no", *files],
                       cwd=suite, env=environment, stdout=subprocess.DEVNULL, check=False)
        recorded = json.loads(result.read_text())
    return recorded["outcomes"], recorded["reasons"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("modules", nargs="*", default=[])
    parser.add_argument("--update", action="store_true")
    arguments = parser.parse_args()
    port = PORT if own_network.enter() else 0
    modules = arguments.modules or MODULES
    version = subprocess.check_output([TOOLS / "venv" / "bin" / "python", "-c", "import pymongo; print(pymongo.version)"],
                                      text=True).strip()
    with FreshetServer(port=port, args=["--setParameter", "enableTestCommands=1"]) as server:
        outcomes, reasons = run(modules, server)
        alive = server.running
    listed_version, listed = read_passing()
    counts = collections.defaultdict(collections.Counter)
    for name, outcome in outcomes.items():
        counts[name.split("::")[0]][outcome] += 1
    for module, counter in sorted(counts.items()):
        print(f"{module}: {counter['passed']} passed, {counter['failed']} failed, {counter['skipped']} skipped")
    passed = {name for name, outcome in outcomes.items() if outcome == "passed"}
    files = {file_of(module) for module in modules}
    wanted = {name for name in listed if name.split("::")[0] in files}
    if version != listed_version:
        wanted &= set(outcomes)  # another version may have renamed its tests
    lost = sorted(wanted - passed)
    unreachable = [name for name, reason in reasons.items() if "Cannot connect" in reason]
    for name in lost:
        print(f"LOST {name}: {outcomes.get(name, 'not run')}")
    if arguments.update:
        write_passing(version, listed | passed)
    excused = read_excused()
    for name, outcome in sorted(outcomes.items()):
        if outcome == "failed":
            reason = excuse_of(name, excused)
            print(f"excused {name}: {reason}" if reason else f"failed {name}")
    if not alive:
        print("the server died")
    if not passed:
        print("nothing passed")
    return 1 if lost or unreachable or not alive or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
