# SPDX-License-Identifier: Apache-2.0
"""Commands that take long run on workers, whatever they are: connection threads stay free."""
import os
import sys
import threading
from pathlib import Path

import pymongo
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))

from freshet_server import FreshetServer, wait_until  # noqa: E402
from raw_client import RawClient  # noqa: E402

DOCUMENTS = 60_000


@pytest.fixture(scope="module")
def server():
    with FreshetServer() as running:
        collection = pymongo.MongoClient(running.direct_uri).load.c
        for first in range(0, DOCUMENTS, 10_000):
            collection.insert_many([{"_id": number, "n": number, "i": number % 10}
                                    for number in range(first, first + 10_000)])
        collection.create_index("i")
        yield running


LONG = {
    "update many": lambda c: c.update_many({}, {"$inc": {"n": 1}}),
    "update many by an index": lambda c: c.update_many({"i": {"$lt": 9}}, {"$inc": {"n": 1}}),
    "update one that is far": lambda c: c.update_one({"n": -1}, {"$set": {"x": 1}}),
    "replace one that is far": lambda c: c.replace_one({"n": -1}, {"x": 1}),
    "delete many": lambda c: c.delete_many({"n": {"$lt": -5}}),
    "delete one that is far": lambda c: c.delete_one({"n": -1}),
    "find and modify": lambda c: c.find_one_and_update({"n": -1}, {"$set": {"x": 1}}),
    "find and modify the first of all": lambda c: c.find_one_and_update({"i": 3}, {"$inc": {"x": 1}}, sort=[("n", -1)]),
    "a large insert": lambda c: c.database.d.insert_many([{"pad": b"x" * 1000} for _ in range(20_000)]),
    "find": lambda c: list(c.find({"n": -1})),
    "aggregate": lambda c: list(c.aggregate([{"$group": {"_id": "$n"}}, {"$count": "n"}])),
    "distinct": lambda c: c.distinct("i"),
    "create index": lambda c: c.create_index("n"),
}


@pytest.mark.parametrize("name", LONG)
def test_runs_on_a_worker(server, name):
    collection = pymongo.MongoClient(server.direct_uri).load.c
    with RawClient(server) as watcher:
        def on_workers():
            return watcher.call({"serverStatus": 1, "$db": "admin"})["freshet"]["commandsOnWorkers"]

        for _ in range(20):  # one run may be over before it is looked at
            thread = threading.Thread(target=LONG[name], args=(collection,))
            thread.start()
            seen = wait_until(lambda: on_workers() or not thread.is_alive(), timeout=60, step=0)
            thread.join()
            if seen is not True:
                return
        pytest.fail("it was never seen on a worker")


def test_what_runs_is_told_while_every_worker_is_busy(server):
    """By the command and by the stage alike; each of the slow ones would take minutes."""
    comment = "slow"
    slow = [{"$lookup": {"from": "c", "localField": "n", "foreignField": "none", "as": "l"}}, {"$match": {"l": {"$size": 1}}}]
    commands = 2 * os.cpu_count() + 8
    clients = [RawClient(server) for _ in range(commands)]
    with RawClient(server) as watcher:
        for client in clients:
            client.send({"aggregate": "c", "pipeline": slow, "cursor": {}, "comment": comment, "$db": "load"})
        wait_until(lambda: watcher.call({"serverStatus": 1, "$db": "admin"})["freshet"]["commandsOnWorkers"] > commands)
        pipeline = [{"$currentOp": {}}, {"$match": {"command.comment": comment}}, {"$sort": {"opid": 1}}]
        shown = watcher.call({"aggregate": 1, "pipeline": pipeline, "cursor": {}, "$db": "admin"})["cursor"]["firstBatch"]
        assert len(shown) == commands
        asked = watcher.call({"currentOp": 1, "command.comment": comment, "$db": "admin"})["inprog"]
        assert sorted(op["opid"] for op in asked) == [op["opid"] for op in shown]
        for op in shown:
            watcher.call({"killOp": 1, "op": op["opid"], "$db": "admin"})
    for client in clients:
        assert client.receive()["code"] == 11601
        client.close()


def test_commands_are_counted_by_name(server):
    with RawClient(server) as client:
        def counts():
            return client.call({"serverStatus": 1, "$db": "admin"})["metrics"]["commands"]

        before = counts()
        client.call({"find": "c", "limit": 1, "$db": "load"})
        client.call({"find": "c", "limit": "one", "$db": "load"})
        client.call({"unheardOf": 1, "$db": "load"})
        after = counts()
    grown = {name: {key: after[name][key] - before[name][key] for key in ("failed", "total")} for name in ("find", "insert")}
    assert grown == {"find": {"failed": 1, "total": 2}, "insert": {"failed": 0, "total": 0}}
    assert after["<UNKNOWN>"] - before["<UNKNOWN>"] == 1
    assert after["serverStatus"]["total"] - before["serverStatus"]["total"] == 1
