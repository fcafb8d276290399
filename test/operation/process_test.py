# SPDX-License-Identifier: Apache-2.0
"""How the binary behaves as a process: start, refusal, signals, exit codes, files."""

import signal
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))
from freshet_server import FreshetServer, ServerFailed, wait_until  # noqa: E402
from raw_client import RawClient  # noqa: E402

NETWORK, STORAGE = 48, 100


def answers(server):
    with RawClient(server) as client:
        return client.call({"ping": 1, "$db": "admin"})["ok"] == 1


def test_says_where_it_is_and_answers():
    with FreshetServer() as server:
        assert answers(server)
        told = "\n".join(server.stdout_lines)
        assert f"mongodb://127.0.0.1:{server.port}/?replicaSet=rs0" in told
        assert "in memory" in told
        assert server.stdout_lines[-1] == f"ready on port {server.port}"


def test_port_in_use():
    with FreshetServer() as first:
        with pytest.raises(ServerFailed) as caught:
            FreshetServer(port=first.port)
        assert caught.value.returncode == NETWORK
        assert (f"cannot listen on 127.0.0.1:{first.port}: the port is in use"
                in caught.value.output)
        assert answers(first)


def test_port_in_use_leaves_the_data_alone(tmp_path):
    """The second server finds its data in order and its port taken: the data stays startable."""
    with FreshetServer() as first:
        with pytest.raises(ServerFailed) as caught:
            FreshetServer(port=first.port, dbpath=tmp_path / "data")
        assert caught.value.returncode == NETWORK
    with FreshetServer(dbpath=tmp_path / "data") as server:
        assert answers(server)


def test_data_directory_in_use():
    with FreshetServer(durable=True) as first:
        with pytest.raises(ServerFailed) as caught:
            FreshetServer(dbpath=first.dbpath)
        assert caught.value.returncode == STORAGE
        assert f"in use by another process (id {first.pid})" in caught.value.output
        assert answers(first)
        first.kill9()  # the lock goes with the process
        with FreshetServer(dbpath=first.dbpath) as second:
            assert answers(second)


def test_log_file_is_opened_anew(tmp_path):
    log = tmp_path / "log"
    with FreshetServer(args=["--logpath", log]) as server:
        assert "waiting for connections" in log.read_text()
        log.rename(tmp_path / "old")
        server.process.send_signal(signal.SIGHUP)
        wait_until(log.exists, what="a new log file")
    assert "shutting down" in log.read_text()
    FreshetServer(args=["--logpath", log]).close()
    moved = [path.name for path in tmp_path.iterdir()]
    assert len(moved) == 3, f"the log of the run before was not kept: {moved}"


def test_pid_file(tmp_path):
    path = tmp_path / "pid"
    with FreshetServer(args=["--pidfilepath", path]) as server:
        assert int(path.read_text()) == server.pid
        with pytest.raises(ServerFailed):
            FreshetServer(port=server.port, args=["--pidfilepath", path])
        assert int(path.read_text()) == server.pid, "a start that is refused took it over"
    assert not path.exists()


def test_survives_kill_and_restart():
    with FreshetServer(durable=True) as server:
        port = server.port
        server.restart(kill=True)
        assert server.port == port
        assert "not closed" in server.log_text()
        server.log_path.write_text("")
        server.restart()
        assert answers(server)
        server.restart()
        assert server.log_text().count("not closed") == 0, "a clean end is not taken for one"


def test_idle_server_uses_no_processor():
    with FreshetServer() as server:
        time.sleep(0.5)
        before = server.cpu_seconds()
        time.sleep(2)
        assert server.cpu_seconds() - before < 0.05
