# SPDX-License-Identifier: Apache-2.0
"""Starts, kills and restarts a Freshet server for tests. Standard library only.

    with FreshetServer() as server:                    # in memory, a free port
        client = pymongo.MongoClient(server.uri)

    with FreshetServer(durable=True) as server:        # a temporary --dbpath, removed at the end
        server.kill9()
        server.restart()                               # same directory, same port

The binary is $FRESHET, else build/<preset>/freshet of this repository, where the preset is
$FRESHET_PRESET, else the most recently built one.

The server says on standard output, one line each, what it serves and at last `ready on port N`:
that line is the contract this file waits for. Its log goes to standard error, which is kept in
`server.log_path`.
"""

import atexit
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
READY = re.compile(r"^ready on port (\d+)$")
# Sanitized and debug builds on a busy machine need their time; a release build takes 0.1 s.
LEAKS_OF_OTHERS = Path(__file__).with_name("lsan.supp")
START_TIMEOUT_S = float(os.environ.get("FRESHET_START_TIMEOUT_S", "30"))


def find_binary(preset=None):
    """The binary to test: see the module's text. Raises FileNotFoundError when there is none."""
    if os.environ.get("FRESHET"):
        return Path(os.environ["FRESHET"]).resolve()
    preset = preset or os.environ.get("FRESHET_PRESET")
    if preset:
        binary = REPOSITORY / "build" / preset / "freshet"
        if not binary.exists():
            raise FileNotFoundError(f"{binary} is not there: ./dev build {preset}")
        return binary
    built = [path for path in (REPOSITORY / "build").glob("*/freshet") if path.is_file()]
    if not built:
        raise FileNotFoundError("no binary under build/: ./dev build")
    return max(built, key=lambda path: path.stat().st_mtime)


class ServerFailed(Exception):
    """The server ended instead of getting ready. Has `returncode` and `output` (out and err)."""

    def __init__(self, returncode, output):
        super().__init__(f"freshet ended with code {returncode} before it was ready:\n{output}")
        self.returncode = returncode
        self.output = output


class FreshetServer:
    """One server process. Not thread-safe. Starts at once unless start=False."""

    def __init__(self, *, preset=None, durable=False, dbpath=None, port=0, repl_set="rs0",
                 args=(), env=None, host="127.0.0.1", user=None, start=True):
        self.binary = find_binary(preset)
        self.host = host
        self.port = port
        self.repl_set = repl_set
        self.args = [str(arg) for arg in args]
        # Builds with an address sanitizer: what other libraries leak is not held against us.
        self.env = {"LSAN_OPTIONS": f"suppressions={LEAKS_OF_OTHERS}:print_suppressions=0",
                    **os.environ, **(env or {})}
        self.user = user
        self.process = None
        self.stdout_lines = []
        self._scratch = tempfile.mkdtemp(prefix="freshet-test-")
        self.log_path = Path(self._scratch) / "log"
        self.dbpath = Path(dbpath) if dbpath else None
        if durable and not self.dbpath:
            self.dbpath = Path(self._scratch) / "data"
        atexit.register(self.close)
        if start:
            self.start()

    # -- what tests ask --------------------------------------------------------------------------

    @property
    def uri(self):
        return f"mongodb://{self.host}:{self.port}/?replicaSet={self.repl_set}"

    @property
    def direct_uri(self):
        return f"mongodb://{self.host}:{self.port}/?directConnection=true"

    @property
    def pid(self):
        return self.process.pid if self.process else None

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    def log_text(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def rss_kb(self):
        """Resident memory of the running process in KB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"^VmRSS:\s+(\d+)", status, re.M).group(1))

    def cpu_seconds(self):
        """Processor time used so far, user and system."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    # -- life ------------------------------------------------------------------------------------

    def command(self):
        line = [str(self.binary), "serve", "--port", str(self.port), "--bind_ip", self.host,
                "--replSet", self.repl_set]
        if self.dbpath:
            self.dbpath.mkdir(parents=True, exist_ok=True)
            line += ["--dbpath", str(self.dbpath)]
        else:
            line += ["--memory"]
        return line + self.args

    def start(self):
        """Starts the process and waits until it is ready. Raises ServerFailed when it ends first."""
        assert not self.running, "already running"
        self.stdout_lines = []
        ready = threading.Event()
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=subprocess.PIPE, stderr=log,
                                            stdin=subprocess.DEVNULL, env=self.env, text=True,
                                            user=self.user)
        reader = threading.Thread(target=self._read_stdout, args=(self.process, ready), daemon=True)
        reader.start()
        if not ready.wait(START_TIMEOUT_S):
            self.kill9()
            raise ServerFailed(None, "timed out; " + self._output())
        if self._ready_port is None:
            code = self.process.wait()
            reader.join(5)
            raise ServerFailed(code, self._output())
        self.port = self._ready_port
        return self

    def stop(self, timeout=10):
        """SIGTERM; returns the exit code. Raises subprocess.TimeoutExpired, and kills it then."""
        if not self.running:
            return self.process.returncode if self.process else None
        self.process.terminate()
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill9()
            raise

    def kill9(self):
        """SIGKILL, and waits for the end."""
        if self.running:
            self.process.kill()
            self.process.wait()

    def restart(self, kill=False):
        """Stops (or kills) it if it runs, starts it again on the same port and directory."""
        if kill:
            self.kill9()
        else:
            self.stop()
        return self.start()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def close(self):
        """Ends the process and removes what the tests left behind."""
        atexit.unregister(self.close)
        try:
            self.stop()
        finally:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # -- inside ----------------------------------------------------------------------------------

    def _read_stdout(self, process, ready):
        self._ready_port = None
        for line in process.stdout:
            line = line.rstrip("\n")
            self.stdout_lines.append(line)
            match = READY.match(line)
            if match:
                self._ready_port = int(match.group(1))
                ready.set()
        process.stdout.close()
        ready.set()

    def _output(self):
        return "\n".join(self.stdout_lines) + "\n" + self.log_text()


def run_freshet(*args, preset=None, timeout=60):
    """Runs the binary with these arguments to its end; a CompletedProcess with text output."""
    return subprocess.run([str(find_binary(preset)), *map(str, args)], capture_output=True,
                          text=True, timeout=timeout, stdin=subprocess.DEVNULL)


def wait_until(condition, timeout=10, step=0.01, what="condition"):
    """Polls until condition() is true; its value. Raises TimeoutError."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come true within {timeout} s")
        time.sleep(step)
