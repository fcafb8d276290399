# SPDX-License-Identifier: Apache-2.0
"""What the client tests share: a fresh server, and the programs under examples/ as subprocesses."""
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "test" / "harness"))

from freshet_server import FreshetServer  # noqa: E402

TOOLS = REPOSITORY / "build" / "tools"
NEWEST = TOOLS / "venv" / "bin" / "python"
DEBIAN = Path("/usr/bin/python3")
EXAMPLES = REPOSITORY / "examples"


class Program:
    """A running example. Its lines are read as they come."""

    def __init__(self, command):
        environment = {**os.environ, "NODE_PATH": str(TOOLS / "node" / "node_modules"), "NO_COLOR": "1",
                       "PATH": f"{TOOLS / 'venv' / 'bin'}:{os.environ['PATH']}"}
        self.process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, env=environment)
        self.lines = queue.Queue()
        self.errors = []
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._read_errors, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def _read_errors(self):
        for line in self.process.stderr:
            self.errors.append(line.rstrip("\n"))

    def line(self, timeout=60):
        try:
            line = self.lines.get(timeout=timeout)
        except queue.Empty:
            self.process.kill()
            raise AssertionError("no line came; stderr:\n" + "\n".join(self.errors))
        assert line is not None, "the program ended; stderr:\n" + "\n".join(self.errors)
        return line

    def rest(self, timeout=60):
        """All further lines; the program must end well."""
        code = self.process.wait(timeout)
        lines = []
        while (line := self.lines.get(timeout=10)) is not None:
            lines.append(line)
        assert code == 0, f"exit code {code}; stderr:\n" + "\n".join(self.errors)
        return lines

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


@pytest.fixture
def server():
    with FreshetServer() as running:
        yield running


@pytest.fixture
def durable_server():
    with FreshetServer(durable=True) as running:
        yield running


@pytest.fixture
def start():
    programs = []

    def run(*command):
        programs.append(Program(command))
        return programs[-1]

    yield run
    for program in programs:
        program.close()
