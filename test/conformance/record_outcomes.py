# SPDX-License-Identifier: Apache-2.0
"""A pytest plugin that writes what became of each test to the file $FRESHET_OUTCOMES, as JSON.

Tests that the file $FRESHET_EXCUSED names, where there is one, are not run.
"""
import fnmatch
import json
import os

OUTCOMES = {}
REASONS = {}


def excused_patterns():
    """The left sides of `pattern of test ids: reason`."""
    if "FRESHET_EXCUSED" not in os.environ:
        return []
    with open(os.environ["FRESHET_EXCUSED"]) as file:
        return [line.split(": ", 1)[0] for line in file if line.strip() and not line.startswith("#")]


def pytest_collection_modifyitems(items):
    patterns = excused_patterns()
    items[:] = [item for item in items if not any(fnmatch.fnmatchcase(item.nodeid, pattern) for pattern in patterns)]


def pytest_runtest_logreport(report):
    name = report.nodeid
    if report.when == "call" or report.outcome != "passed":
        if OUTCOMES.get(name) != "failed":
            OUTCOMES[name] = report.outcome
        if report.outcome == "skipped" and isinstance(report.longrepr, tuple):
            REASONS[name] = report.longrepr[2]


def pytest_sessionfinish():
    with open(os.environ["FRESHET_OUTCOMES"], "w") as file:
        json.dump({"outcomes": OUTCOMES, "reasons": REASONS}, file)
