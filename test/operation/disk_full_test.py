# SPDX-License-Identifier: Apache-2.0
"""The disk fills up while the server runs: writes are refused, or the server ends; nothing that was
acknowledged is lost."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pymongo
import pytest
from pymongo.errors import PyMongoError

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))
from faults import Faults  # noqa: E402
from freshet_server import FreshetServer, ServerFailed, run_freshet, wait_until  # noqa: E402


ENGINE_FAILED, STORAGE = 14, 100
OUT_OF_DISK_SPACE = 14031
DISK_MB, RESERVE_MB = 192, 48
# Small buffers, so that the engine writes files all the time and not only its log.
SMALL = ["--setParameter", "writeBufferBytesMax=1048576", "--setParameter", "walBytesMax=4194304"]


def reserve(megabytes):
    return ["--setParameter", f"diskReserveBytes={megabytes << 20}"]


@pytest.fixture
def disk():
    """A small file system of its own; skipped where none may be mounted."""
    with tempfile.TemporaryDirectory(prefix="freshet-disk-") as directory:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs",
                                  directory], capture_output=True, text=True)
        if mounted.returncode != 0:
            pytest.skip(f"cannot mount a file system: {mounted.stderr.strip()}")
        try:
            yield Path(directory)
        finally:
            subprocess.run(["umount", "-l", directory], check=True)


def fill(disk, leave_mb=0):
    """Puts a file beside the data that leaves so much free; its path."""
    ballast = disk / "ballast"
    with open(ballast, "wb") as file:
        free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
        try:
            for _ in range(max(0, free // 4096 - (leave_mb << 8))):
                file.write(b"x" * 4096)
        except OSError:
            pass  # full already
    return ballast


def write(collection, number):
    """True when it was acknowledged; False when it was refused for want of space."""
    try:
        collection.insert_one({"_id": number, "pad": os.urandom(10_000)})
        return True
    except PyMongoError as error:
        if getattr(error, "code", None) == OUT_OF_DISK_SPACE:
            return False
        raise


def connect(server):
    client = pymongo.MongoClient(server.uri, retryWrites=False, serverSelectionTimeoutMS=5000)
    return client, client.full.get_collection("c", write_concern=pymongo.WriteConcern("majority"))


def stored(collection):
    return [document["_id"] for document in collection.find({}, {"_id": 1}).sort("_id")]


def test_reserve_keeps_the_server_alive(disk):
    with FreshetServer(dbpath=disk / "data", args=[*SMALL, *reserve(RESERVE_MB)]) as server:
        client, collection = connect(server)
        with collection.watch(max_await_time_ms=100) as stream:
            acknowledged = [number for number in range(200) if write(collection, number)]
            assert acknowledged == list(range(200))
            ballast = fill(disk, leave_mb=RESERVE_MB - 8)
            number = 200
            while write(collection, number):  # it looks again after each megabyte
                acknowledged.append(number)
                number += 1
                assert number < 2000, "writes go on below the reserve"
            assert not write(collection, 9999)
            assert server.running
            assert stored(collection) == acknowledged, "reads do not go on"
            events = [stream.next()["documentKey"]["_id"] for _ in acknowledged]
            assert events == acknowledged, "the stream does not go on"
            assert client.admin.command("ping")["ok"] == 1
            with pytest.raises(PyMongoError):
                client.full.create_collection("another")

            ballast.unlink()
            assert write(collection, 5000), "writes do not go on after space was freed"
            acknowledged.append(5000)
            assert stream.next()["documentKey"]["_id"] == 5000
        assert server.stop() == 0
        server.start()
        assert stored(connect(server)[1]) == acknowledged


def test_not_one_byte_left(disk):
    """Somebody else takes all the space at once: the reserve is no help."""
    with FreshetServer(dbpath=disk / "data", args=[*SMALL, *reserve(0)]) as server:
        client, collection = connect(server)
        acknowledged = [number for number in range(100) if write(collection, number)]
        ballast = fill(disk)
        code = None
        for number in range(100, 3000):
            try:
                if not write(collection, number):
                    break
                acknowledged.append(number)
            except PyMongoError:
                code = server.process.wait(20)  # it gave up: it must say so
                break
        else:
            pytest.fail("a full disk was never noticed")
        if code is None:
            assert server.running
            assert stored(collection) == acknowledged
            ballast.unlink()
            wait_until(lambda: write(collection, 5000), timeout=30, step=0.2,
                       what="a write after space was freed")
            acknowledged.append(5000)
            server.kill9()
        else:
            assert code == ENGINE_FAILED
            assert "the storage failed" in server.log_text()
            ballast.unlink()
        server.start()
        _, collection = connect(server)
        found = stored(collection)
        assert set(acknowledged) <= set(found), "an acknowledged write is missing"
        assert len(set(found) - set(acknowledged)) <= 1, "only the one without an answer may be there"
        assert client.full.command("validate", "c", full=True)["valid"]
        assert write(collection, 6000)


def test_failing_writes():
    """Without a file system of its own: each write fails like on a full disk."""
    with Faults() as faults, FreshetServer(durable=True, start=False, args=SMALL) as server:
        faults.attach(server)
        server.start()
        _, collection = connect(server)
        acknowledged = [number for number in range(50) if write(collection, number)]
        faults.begin("no_space")
        with pytest.raises(PyMongoError):
            write(collection, 50)
        assert server.process.wait(20) == ENGINE_FAILED
        assert "the storage failed" in server.log_text()
        faults.end("no_space")
        server.start()
        found = stored(connect(server)[1])
        assert found[:50] == acknowledged and set(found[50:]) <= {50}


def test_full_at_the_start(disk):
    with FreshetServer(dbpath=disk / "data", args=reserve(0)) as server:
        _, collection = connect(server)
        assert write(collection, 1)
        server.stop()
        ballast = fill(disk)
        with pytest.raises(ServerFailed) as caught:
            server.start()
        assert caught.value.returncode == STORAGE
        assert "space" in caught.value.output
        ballast.unlink()
        server.start()
        assert stored(connect(server)[1]) == [1]


def test_backup_onto_a_full_disk(disk):
    with FreshetServer(durable=True) as server:
        _, collection = connect(server)
        assert write(collection, 1)
        fill(disk)
        result = run_freshet("backup", disk / "copy", "--host", "127.0.0.1", "--port", server.port)
        assert result.returncode != 0
        assert "space" in result.stderr, result.stderr
        assert write(collection, 2), "the server does not go on"
