# SPDX-License-Identifier: Apache-2.0
"""The data directory cannot be written to: at the start, and from some moment on while the server runs."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pymongo
import pytest
from pymongo.errors import PyMongoError

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))
from faults import Faults  # noqa: E402
from freshet_server import FreshetServer, ServerFailed, run_freshet  # noqa: E402


ENGINE_FAILED, STORAGE = 14, 100
NOBODY = 65534


def connect(server):
    client = pymongo.MongoClient(server.uri, retryWrites=False, serverSelectionTimeoutMS=5000)
    return client.ro.get_collection("c", write_concern=pymongo.WriteConcern("majority"))


def test_while_running():
    """As when the kernel turns a file system read-only after an error."""
    with Faults() as faults, FreshetServer(durable=True, start=False) as server:
        faults.attach(server)
        server.start()
        collection = connect(server)
        collection.insert_many([{"_id": number} for number in range(20)])
        faults.begin("read_only")
        with pytest.raises(PyMongoError):
            collection.insert_one({"_id": 20})
        assert server.process.wait(20) == ENGINE_FAILED
        assert "the storage failed" in server.log_text()
        with pytest.raises(ServerFailed) as caught:
            server.start()
        assert caught.value.returncode == STORAGE
        assert "Read-only file system" in caught.value.output
        faults.end("read_only")
        server.start()
        found = [document["_id"] for document in connect(server).find().sort("_id")]
        assert found[:20] == list(range(20)) and set(found[20:]) <= {20}


def test_at_the_start():
    with FreshetServer(durable=True) as server:
        connect(server).insert_one({"_id": 1})
        server.stop()
        mounted = subprocess.run(["mount", "--bind", "-o", "ro", server.dbpath, server.dbpath],
                                 capture_output=True, text=True)
        if mounted.returncode != 0:
            pytest.skip(f"cannot mount: {mounted.stderr.strip()}")
        try:
            with pytest.raises(ServerFailed) as caught:
                server.start()
        finally:
            subprocess.run(["umount", server.dbpath], check=True)
        assert caught.value.returncode == STORAGE
        assert "cannot write to the data directory" in caught.value.output
        server.start()
        assert connect(server).count_documents({}) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="has to become another user")
def test_permission_taken_away_while_running():
    """Files that are open go on; the first new one that is needed fails."""
    home = Path(tempfile.mkdtemp(prefix="freshet-nobody-"))
    try:
        data = home / "data"
        data.mkdir()
        os.chown(data, NOBODY, NOBODY)
        home.chmod(0o755)
        small = ["--setParameter", "writeBufferBytesMax=1048576", "--setParameter", "walBytesMax=1048576"]
        with FreshetServer(dbpath=data, args=small, user=NOBODY) as server:
            collection = connect(server)
            acknowledged = list(range(50))
            collection.insert_many([{"_id": number} for number in acknowledged])
            os.chown(data, 0, 0)  # and nobody else may create files in it
            data.chmod(0o755)
            with pytest.raises(PyMongoError):
                for number in range(50, 5000):
                    collection.insert_one({"_id": number, "pad": os.urandom(10_000)})
                    acknowledged.append(number)
            assert server.process.wait(20) == ENGINE_FAILED
            assert "Permission denied" in server.log_text()
            os.chown(data, NOBODY, NOBODY)
            server.start()
            found = [document["_id"] for document in connect(server).find({}, {"_id": 1}).sort("_id")]
            assert found[:len(acknowledged)] == acknowledged
            assert len(found) <= len(acknowledged) + 1
    finally:
        shutil.rmtree(home, ignore_errors=True)


def test_not_a_directory():
    with tempfile.NamedTemporaryFile() as file:
        result = run_freshet("serve", "--port", "0", "--dbpath", file.name)
    assert result.returncode == STORAGE
    assert file.name in result.stderr
