# SPDX-License-Identifier: Apache-2.0
"""freshet backup, of a running server and of a directory; freshet repair where nothing is damaged."""

import os
import shutil
import socket
import sys
from pathlib import Path

import pymongo
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))
from freshet_server import FreshetServer, ServerFailed, run_freshet  # noqa: E402
from raw_client import RawClient  # noqa: E402

NETWORK, STORAGE = 48, 100
UNAUTHORIZED = 13


def documents(server):
    return list(pymongo.MongoClient(server.direct_uri).test.c.find())


def test_running_and_stopped(tmp_path):
    live, cold = tmp_path / "live", tmp_path / "cold"
    with FreshetServer(durable=True) as server:
        pymongo.MongoClient(server.direct_uri).test.c.insert_one({"_id": 1})
        result = run_freshet("backup", live, "--port", server.port, "--host", "127.0.0.1")
        assert result.returncode == 0, result.stderr
        again = run_freshet("backup", live, "--port", server.port, "--host", "127.0.0.1")
        assert again.returncode != 0, "an existing directory was overwritten"
        server.stop()
        result = run_freshet("backup", cold, "--dbpath", server.dbpath)
        assert result.returncode == 0, result.stderr
    for copy in (live, cold):
        with FreshetServer(dbpath=copy) as restored:
            assert documents(restored) == [{"_id": 1}]


def test_nobody_there():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        result = run_freshet("backup", "/nowhere/x", "--host", "127.0.0.1", "--port", port)
    assert result.returncode == NETWORK, result.stderr


def outside_address():
    """An address of this machine that is not of its loopback interface; None when it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
            address = probe.getsockname()[0]
        except OSError:
            return None
    return None if address.startswith("127.") else address


@pytest.mark.parametrize("command", ["freshetBackup", "shutdown"])
def test_only_over_the_loopback_interface(command, tmp_path):
    address = outside_address()
    if address is None:
        pytest.skip("this machine has only a loopback interface")
    target = tmp_path / "copy"
    document = {command: 1, "directory": str(target), "$db": "admin"}
    with FreshetServer(durable=True, host="0.0.0.0") as server:
        with RawClient(server, host=address) as client:
            reply = client.call(document)
            assert reply["ok"] == 0 and reply["code"] == UNAUTHORIZED
            assert "loopback" in reply["errmsg"]
        assert server.running and not target.exists()
        with RawClient(server, host="127.0.0.1") as client:
            assert client.call(document)["ok"] == 1


def test_repair_leaves_complete_data_alone():
    with FreshetServer(durable=True) as server:
        pymongo.MongoClient(server.direct_uri).test.create_collection("c")
        server.stop()
        result = run_freshet("repair", "--dbpath", server.dbpath)
        assert result.returncode == 0, result.stderr
        assert "Nothing is missing" in result.stdout


def test_missing_end_is_said_and_accepted_only_on_demand(tmp_path):
    copy = tmp_path / "copy"
    with FreshetServer(durable=True) as server:
        pymongo.MongoClient(server.direct_uri).test.create_collection("before")
        server.stop()
        shutil.copytree(server.dbpath, copy)
        server.start()
        pymongo.MongoClient(server.direct_uri).test.create_collection("after")
        server.stop()
        # The data as it was before, the mark as it is now.
        os.replace(server.dbpath / "durable-mark", copy / "durable-mark")

    with pytest.raises(ServerFailed) as caught:
        FreshetServer(dbpath=copy)
    assert caught.value.returncode == STORAGE
    assert "freshet repair" in caught.value.output

    refused = run_freshet("repair", "--dbpath", copy)
    assert refused.returncode == STORAGE
    assert "--accept-loss" in refused.stderr
    accepted = run_freshet("repair", "--dbpath", copy, "--accept-loss")
    assert accepted.returncode == 0, accepted.stderr
    with FreshetServer(dbpath=copy) as repaired:
        assert pymongo.MongoClient(repaired.direct_uri).test.list_collection_names() == ["before"]


def test_not_a_data_directory(tmp_path):
    assert run_freshet("repair", "--dbpath", tmp_path).returncode == STORAGE
