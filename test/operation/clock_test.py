# SPDX-License-Identifier: Apache-2.0
"""The wall clock is set while the server runs: positions grow, streams go on, history stays."""

import sys
import threading
import time
from pathlib import Path

import bson
import pymongo
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))
from faults import Faults  # noqa: E402
from freshet_server import FreshetServer, wait_until  # noqa: E402

DAY_S = 86_400
JUMPS = [DAY_S, 0, -DAY_S, 2 * DAY_S, -2 * DAY_S, 0]
WRITES_PER_JUMP = 20


class Follower(threading.Thread):
    """Reads a stream to the end of the test; `numbers` are the _ids it has shown, in order."""

    def __init__(self, uri, pipeline=(), **options):
        super().__init__(daemon=True)
        self.client = pymongo.MongoClient(uri)
        self.stream = self.client.clock.c.watch(list(pipeline), **options)
        self.first_token = self.stream.resume_token
        self.events = []
        self.failed = None
        self.stopping = False

    def run(self):
        try:
            while not self.stopping:
                change = self.stream.try_next()
                if change is not None and not self.stopping:
                    self.events.append(change)
        except Exception as error:
            self.failed = error

    @property
    def numbers(self):
        return [change["documentKey"]["_id"] for change in list(self.events)]


def stop(followers, client):
    for follower in followers:
        follower.stopping = True
    client.clock.c.insert_one({"_id": "the last"})  # wakes those that wait
    for follower in followers:
        follower.join(30)
        follower.client.close()
        assert follower.failed is None


@pytest.fixture
def faults():
    with Faults() as running:
        yield running


@pytest.fixture
def server(faults):
    with FreshetServer(durable=True, start=False,
                       args=["--history", "1h", "--setParameter", "ttlMonitorSleepSecs=1"]) as it:
        faults.attach(it)
        yield it.start()


def jump(faults, client, seconds):
    faults.set_clock(seconds)
    shown = client.admin.command("hello")["localTime"].timestamp()
    assert abs(shown - time.time() - seconds) < 60, "the server does not see the clock jump"


def write_on(client, count):
    """Inserts `count` documents, numbered on; the operation time of each."""
    first = client.clock.c.estimated_document_count()
    times = []
    with client.start_session() as session:
        for number in range(first, first + count):
            client.clock.c.insert_one({"_id": number}, session=session)
            times.append(session.operation_time)
    return times


def test_streams_and_positions_go_on(faults, server):
    client = pymongo.MongoClient(server.uri)
    client.clock.create_collection("c")
    followers = [Follower(server.uri, max_await_time_ms=60_000),
                 Follower(server.uri, [{"$match": {"operationType": "insert"}}],
                          max_await_time_ms=100)]
    for follower in followers:
        follower.start()
    times = write_on(client, WRITES_PER_JUMP)
    for seconds in JUMPS:
        jump(faults, client, seconds)
        began = time.monotonic()
        times += write_on(client, WRITES_PER_JUMP)
        for follower in followers:  # the one that waits up to a minute has to be woken as well
            wait_until(lambda f=follower: len(f.events) == len(times), timeout=20,
                       what=f"all events after a jump to {seconds:+} s")
        assert time.monotonic() - began < 20
    assert times == sorted(set(times)), "positions do not grow"
    for follower in followers:
        assert follower.numbers == list(range(len(times)))
        assert [change["clusterTime"] for change in follower.events] == times

    # Nothing of the history was dropped, whatever the entries' seconds say.
    again = Follower(server.uri, resume_after=followers[0].first_token, max_await_time_ms=100)
    again.start()
    wait_until(lambda: len(again.events) == len(times), timeout=20, what="the history")
    assert again.numbers == list(range(len(times)))
    entries = list(client.local.oplog.rs.find({"op": "i", "ns": "clock.c"}))
    assert [entry["ts"] for entry in entries] == times
    stop([*followers, again], client)


def test_history_is_counted_in_running_time(faults, server):
    client = pymongo.MongoClient(server.uri)
    with client.clock.c.watch() as stream:
        token = stream.resume_token
    write_on(client, 5)
    jump(faults, client, 10 * DAY_S)
    write_on(client, 5)
    time.sleep(4)  # some rounds of the housekeeping
    status = client.admin.command("serverStatus")["oplog"]
    assert status["lastDropped"] == bson.Timestamp(0, 0)
    with client.clock.c.watch(resume_after=token, max_await_time_ms=100) as stream:
        assert [stream.next()["documentKey"]["_id"] for _ in range(10)] == list(range(10))


def test_restart_under_another_clock(faults, server):
    client = pymongo.MongoClient(server.uri)
    with client.clock.c.watch() as stream:
        token = stream.resume_token
    times = write_on(client, 3)
    for seconds in (DAY_S, -DAY_S, 0):
        faults.set_clock(seconds)
        server.restart(kill=True)
        times += write_on(client, 3)
    assert times == sorted(set(times)), "positions do not grow over restarts"
    with client.clock.c.watch(resume_after=token, max_await_time_ms=100) as stream:
        assert [stream.next()["clusterTime"] for _ in times] == times


def test_waits_do_not_follow_the_clock(faults, server):
    client = pymongo.MongoClient(server.uri)
    client.clock.create_collection("c")
    cursor = client.clock.command("aggregate", "c", pipeline=[{"$changeStream": {}}],
                                  cursor={})["cursor"]["id"]
    for seconds in (DAY_S, -DAY_S):
        finished = threading.Event()

        def wait():
            client.clock.command("getMore", bson.Int64(cursor), collection="c", maxTimeMS=1500)
            finished.set()

        began = time.monotonic()
        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.2)
        jump(faults, client, seconds)
        assert finished.wait(20)
        thread.join()
        assert time.monotonic() - began > 1.3, "a wait ended early because the clock was set"
    status = client.admin.command("serverStatus")
    assert 0 < status["uptimeMillis"] < 600_000, "the uptime follows the wall clock"
    faults.set_clock(0)


def test_expiry_of_documents_follows_the_clock(faults, server):
    """As MongoDB's: a document expires when the wall clock has passed its date."""
    client = pymongo.MongoClient(server.uri)
    now = client.admin.command("hello")["localTime"]
    client.clock.c.create_index("at", expireAfterSeconds=3600)
    client.clock.c.insert_one({"at": now})
    jump(faults, client, -DAY_S)
    time.sleep(3)
    assert client.clock.c.count_documents({}) == 1
    jump(faults, client, DAY_S)
    wait_until(lambda: client.clock.c.count_documents({}) == 0, timeout=20, what="the expiry")
