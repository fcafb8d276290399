# SPDX-License-Identifier: Apache-2.0
"""The disk does not sync, or takes its time: nothing is acknowledged as durable that is not."""

import sys
import threading
import time
from pathlib import Path

import pymongo
import pytest
from pymongo.errors import PyMongoError

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))
from faults import Faults  # noqa: E402
from freshet_server import FreshetServer, wait_until  # noqa: E402
from raw_client import RawClient  # noqa: E402


ENGINE_FAILED = 14
MAX_TIME_MS_EXPIRED, WRITE_CONCERN_FAILED, INTERRUPTED, INTERRUPTED_AT_SHUTDOWN = 50, 64, 11601, 11600


@pytest.fixture
def faults():
    with Faults() as running:
        yield running


@pytest.fixture
def server(faults):
    with FreshetServer(durable=True, start=False) as it:
        faults.attach(it)
        yield it.start()


def connect(server):
    return pymongo.MongoClient(server.uri, retryWrites=False, serverSelectionTimeoutMS=5000)


def insert(client, number, **options):
    concern = {"w": "majority", **options.pop("writeConcern", {})}
    return client.sync.command("insert", "c", documents=[{"_id": number}], writeConcern=concern,
                               **options)


def insert_in_the_background(server, number, **options):
    """A thread that inserts; its `replies` has what came of it."""
    replies = []

    def run():
        try:
            replies.append(insert(connect(server), number, **options))
        except PyMongoError as error:
            replies.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.replies = replies
    thread.start()
    return thread


def running_inserts(client):
    return client.admin.command("currentOp", **{"command.insert": "c"})["inprog"]


def test_failed_sync_stops_the_server(faults, server, tmp_path):
    server.args += ["--pidfilepath", str(tmp_path / "pid")]
    server.restart()
    client = connect(server)
    assert insert(client, 1)["ok"] == 1
    faults.begin("sync")
    with pytest.raises(PyMongoError):
        insert(client, 2)
    assert server.process.wait(20) == ENGINE_FAILED
    assert "the storage failed" in server.log_text()
    assert not (tmp_path / "pid").exists()
    faults.end("sync")
    server.start()
    assert connect(server).sync.c.find_one({"_id": 1})


def test_what_waits_for_a_sync_is_not_shown(faults, server):
    client = connect(server)
    with client.sync.c.watch(max_await_time_ms=100) as stream:
        insert(client, 1)
        assert stream.next()["documentKey"]["_id"] == 1
        faults.begin("slow_sync")
        thread = insert_in_the_background(server, 2)
        wait_until(lambda: running_inserts(client), what="the insert that waits")
        assert client.sync.c.find_one({"_id": 2}), "a local read sees what was applied"
        majority = client.sync.get_collection("c", read_concern=pymongo.read_concern.ReadConcern("majority"))
        assert majority.find_one({"_id": 2}) is None
        assert stream.try_next() is None
        assert not thread.replies
        faults.end("slow_sync")
        thread.join(20)
        assert thread.replies[0]["ok"] == 1
        assert stream.next()["documentKey"]["_id"] == 2


def given_up(reply, code):
    """The write stands; that nobody knows whether it is durable is said beside its result."""
    assert not isinstance(reply, PyMongoError), reply
    assert reply["ok"] == 1 and reply["n"] == 1
    assert reply["writeConcernError"]["code"] == code
    return True


def test_the_wait_ends_by_its_own_timeout(faults, server):
    client = connect(server)
    client.sync.create_collection("c")
    faults.begin("slow_sync")
    began = time.monotonic()
    reply = insert(client, 1, writeConcern={"wtimeout": 300})
    assert given_up(reply, WRITE_CONCERN_FAILED) and time.monotonic() - began >= 0.3
    assert reply["writeConcernError"]["errInfo"]["wtimeout"] is True
    began = time.monotonic()
    assert given_up(insert(client, 2, maxTimeMS=300), MAX_TIME_MS_EXPIRED)
    assert time.monotonic() - began >= 0.3
    faults.end("slow_sync")
    assert insert(client, 3)["ok"] == 1
    assert client.sync.c.count_documents({}) == 3


def test_writers_wait_for_a_slow_disk_and_nobody_else_does(faults):
    """No thread is held: other commands, on every connection thread, are answered as always."""
    with FreshetServer(durable=True, start=False,
                       args=["--setParameter", f"unflushedBytesMax={1 << 20}"]) as server:
        faults.attach(server)
        client = connect(server.start())
        client.sync.create_collection("c")
        faults.begin("slow_sync")
        writers = [RawClient(server, timeout=60) for _ in range(40)]
        for number, writer in enumerate(writers):  # more than there are threads of any kind
            writer.send({"insert": "c", "documents": [{"_id": number, "pad": b"x" * 200_000}],
                         "writeConcern": {"w": 1}, "$db": "sync"})
        wait_until(lambda: len(running_inserts(client)) > 10, what="writers that wait")
        for other in [RawClient(server, timeout=5) for _ in range(16)]:
            assert other.call({"ping": 1, "$db": "admin"})["ok"] == 1
            assert other.call({"count": "c", "$db": "sync"})["n"] > 4
            other.close()
        assert all(entry["parked"] for entry in running_inserts(client))
        with pytest.raises(PyMongoError) as caught:
            insert(client, 1000, writeConcern={"w": 1}, maxTimeMS=200)
        assert caught.value.code == MAX_TIME_MS_EXPIRED
        faults.end("slow_sync")
        assert all(writer.receive()["n"] == 1 for writer in writers)
        assert client.sync.c.count_documents({}) == len(writers)
        for writer in writers:
            writer.close()


def test_a_read_that_waits_for_a_sync_ends_in_time(faults, server):
    """Its wait ends with maxTimeMS, and costs nothing until then."""
    client = connect(server)
    client.sync.create_collection("c")
    faults.begin("slow_sync")
    after = insert(client, 1, writeConcern={"w": 1})["operationTime"]
    concern = {"level": "majority", "afterClusterTime": after}
    with pytest.raises(PyMongoError) as caught:
        client.sync.command("find", "c", readConcern=concern, maxTimeMS=300)
    assert caught.value.code == MAX_TIME_MS_EXPIRED
    used = server.cpu_seconds()
    with pytest.raises(PyMongoError):
        client.sync.command("find", "c", readConcern=concern, maxTimeMS=1000)
    assert server.cpu_seconds() - used < 0.2
    faults.end("slow_sync")
    assert client.sync.command("find", "c", readConcern=concern)["cursor"]["firstBatch"]


def test_the_wait_ends_by_killop(faults, server):
    client = connect(server)
    client.sync.create_collection("c")
    faults.begin("slow_sync")
    thread = insert_in_the_background(server, 1)
    (operation,) = wait_until(lambda: running_inserts(client), what="the insert that waits")
    wait_until(lambda: running_inserts(client)[0]["parked"], what="that it waits")
    client.admin.command("killOp", op=operation["opid"])
    thread.join(10)
    assert given_up(thread.replies[0], INTERRUPTED)
    faults.end("slow_sync")


def test_shutdown_finishes_what_waits(faults, server):
    client = connect(server)
    client.sync.create_collection("c")
    faults.begin("slow_sync")
    thread = insert_in_the_background(server, 1)
    wait_until(lambda: running_inserts(client), what="the insert that waits")
    server.process.terminate()
    thread.join(10)
    assert given_up(thread.replies[0], INTERRUPTED_AT_SHUTDOWN)
    faults.end("slow_sync")
    assert server.process.wait(20) == 0
    server.start()
    assert connect(server).sync.c.find_one({"_id": 1}), "an orderly end keeps what was applied"
