#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs PyMongo's own tests, from its source distribution, each module against a fresh server, some modules at a time.

    pymongo_suite.py [--update] [--excused] [MODULE …]

Each test id in pymongo_passing.txt must pass: the list only grows. --update adds what passes now; what no longer passes has
to be taken out by hand, and explained. Nothing may be skipped because the server could not be reached. A test that cannot
pass has its reason in pymongo_excused.txt; it is run with --excused only, for many of them do nothing but wait.

Some tests measure time: what was lost among others is run once more alone.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
TOOLS = REPOSITORY / "build" / "tools"
PYTHON = TOOLS / "venv" / "bin" / "python"
PASSING = HERE / "pymongo_passing.txt"
EXCUSED = HERE / "pymongo_excused.txt"
# Those that take longest come first. What they take is mostly waiting.
IN_BOTH_FORMS = ["test_csot", "test_retryable_writes", "test_discovery_and_monitoring", "test_retryable_reads",
                 "test_retryable_reads_unified", "test_client", "test_transactions_unified", "test_change_stream",
                 "test_unified_format", "test_retryable_writes_unified", "test_streaming_protocol", "test_transactions",
                 "test_session", "test_sessions_unified", "test_causal_consistency", "test_versioned_api_integration"]
MODULES = [form + module for module in IN_BOTH_FORMS for form in ("", "asynchronous/")] + [
    "test_collection", "test_cursor", "test_database", "test_bulk", "test_client_bulk_write", "test_crud_unified",
    "test_collation", "test_collection_management", "test_index_management", "test_run_command", "test_examples",
    "test_grid_file", "test_gridfs", "test_gridfs_bucket", "test_gridfs_spec", "test_versioned_api"]
MODULES_AT_A_TIME = 3
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


def run_here(tests, out):
    """Runs the files or test ids against a server of their own; writes what became of them to the file `out`."""
    port = PORT if own_network.enter() else 0
    recorded = {"outcomes": {}, "reasons": {}}
    with FreshetServer(port=port, args=["--setParameter", "enableTestCommands=1"]) as server, \
         tempfile.TemporaryDirectory() as scratch:
        result = Path(scratch) / "outcomes.json"
        environment = {**os.environ, "DB_IP": server.host, "DB_PORT": str(server.port),
                       "FRESHET_OUTCOMES": str(result), "PYTHONPATH": str(HERE)}
        subprocess.run([PYTHON, "-m", "pytest", "-q", "-c", HERE / "pymongo.ini", "--rootdir=.",
                        "-m", "default or default_async", "-p", "record_outcomes", "--timeout=60",
                        "--timeout-method=signal", "--tb=no", *tests],
                       cwd=TOOLS / "pymongo", env=environment, stdout=subprocess.DEVNULL, check=False)
        if result.exists():
            recorded = json.loads(result.read_text())
        recorded["alive"] = server.running
    Path(out).write_text(json.dumps(recorded))


class Outcomes:
    """Of all modules that were run, by test id."""

    def __init__(self):
        self.outcomes, self.reasons = {}, {}
        self.died = []  # the modules, or test ids, under which the server did

    def passed(self):
        return {name for name, outcome in self.outcomes.items() if outcome == "passed"}

    def run(self, *tests):
        """In a process of its own, for each has the same port in a network of its own."""
        with tempfile.TemporaryDirectory() as scratch:
            out = Path(scratch) / "outcomes.json"
            subprocess.run([PYTHON, __file__, "--here", out, *tests], check=True)
            recorded = json.loads(out.read_text())
        self.outcomes.update(recorded["outcomes"])
        self.reasons.update(recorded["reasons"])
        if not recorded["alive"]:
            self.died += tests

    def run_module(self, module):
        began = time.monotonic()
        self.run(file_of(module))
        counter = collections.Counter(outcome for name, outcome in self.outcomes.items()
                                      if name.split("::")[0] == file_of(module))
        print(f"{module}: {counter['passed']} passed, {counter['failed']} failed, {counter['skipped']} skipped, "
              f"{time.monotonic() - began:.0f} s", flush=True)

    def run_modules(self, modules):
        with concurrent.futures.ThreadPoolExecutor(MODULES_AT_A_TIME) as executor:
            list(executor.map(self.run_module, modules))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("modules", nargs="*", default=[])
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--excused", action="store_true")
    parser.add_argument("--here", help=argparse.SUPPRESS)  # the process of one module
    arguments = parser.parse_args()
    if arguments.here:
        return run_here(arguments.modules, arguments.here)
    if not arguments.excused:
        os.environ["FRESHET_EXCUSED"] = str(EXCUSED)
    modules = arguments.modules or MODULES
    version = subprocess.check_output([PYTHON, "-c", "import pymongo; print(pymongo.version)"], text=True).strip()
    ran = Outcomes()
    ran.run_modules(modules)
    listed_version, listed = read_passing()
    files = {file_of(module) for module in modules}
    wanted = {name for name in listed if name.split("::")[0] in files}
    if version != listed_version:
        wanted &= set(ran.outcomes)  # another version may have renamed its tests
    again = sorted(wanted - ran.passed())
    if again:
        print(f"once more, alone: {', '.join(again)}", flush=True)
        ran.run(*again)
    lost = sorted(wanted - ran.passed())
    unreachable = [name for name, reason in ran.reasons.items() if "Cannot connect" in reason]
    for name in lost:
        print(f"LOST {name}: {ran.outcomes.get(name, 'not run')}")
    for name in sorted(name for name, outcome in ran.outcomes.items() if outcome == "failed" and name not in lost):
        print(f"failed {name}")
    for tests in ran.died:
        print(f"the server died under {tests}")
    if arguments.update:
        write_passing(version, listed | ran.passed())
    if not ran.passed():
        print("nothing passed")
    return 1 if lost or unreachable or ran.died or not ran.passed() else 0


if __name__ == "__main__":
    sys.exit(main())
