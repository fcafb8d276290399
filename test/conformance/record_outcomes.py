# SPDX-License-Identifier: Apache-2.0
"""A pytest plugin that writes what became of each test to the file $FRESHET_OUTCOMES, as JSON."""
import json
import os

OUTCOMES = {}
REASONS = {}


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
