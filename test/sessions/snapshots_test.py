# SPDX-License-Identifier: Apache-2.0
"""Reads by time, causal reads, and what concerns come to."""
import threading

import bson
import pymongo
import pytest
from freshet_server import FreshetServer, wait_until
from pymongo.errors import OperationFailure
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern


def find_at(client, collection, time=None, **more):
    concern = {"level": "snapshot", **({"atClusterTime": time} if time else {})}
    return client.sessions.command({"find": collection.name, "sort": {"_id": 1}, "readConcern": concern, **more})


def ids(reply):
    return [document["_id"] for document in reply["cursor"]["firstBatch"]]


def refused(call, *arguments, **options):
    with pytest.raises(OperationFailure) as failed:
        call(*arguments, **options)
    return failed.value.code


def test_the_time_handed_out_is_readable(client, collection):
    collection.insert_one({"_id": 1})
    first = find_at(client, collection)
    time = first["cursor"]["atClusterTime"]
    for i in range(2, 30):
        collection.insert_one({"_id": i})
    collection.delete_one({"_id": 1})
    again = find_at(client, collection, time)
    assert ids(first) == ids(again) == [1]
    assert again["cursor"]["atClusterTime"] == again["operationTime"] == time
    values = client.sessions.command({"distinct": collection.name, "key": "_id",
                                      "readConcern": {"level": "snapshot", "atClusterTime": time}})
    assert values["values"] == [1] and values["atClusterTime"] == time


def test_any_other_time_is_exact_or_refused(client, collection):
    times = []
    for i in range(40):
        collection.insert_one({"_id": i})
        times.append(client.admin.command("ping")["operationTime"])
        if i % 7 == 0:
            find_at(client, collection)
    answered = 0
    for i, time in enumerate(times):
        try:
            assert ids(find_at(client, collection, time, batchSize=100)) == list(range(i + 1))
            answered += 1
        except OperationFailure as error:
            assert error.code == 246
    assert answered >= 6


def test_a_cursor_reads_its_snapshot_to_the_end(client, collection):
    collection.insert_many([{"_id": i} for i in range(10)])
    with client.start_session(snapshot=True) as session:
        cursor = collection.find(session=session, batch_size=3).sort("_id", 1)
        first = next(cursor)["_id"]
        collection.delete_many({})
        assert [first] + [d["_id"] for d in cursor] == list(range(10))
        assert collection.count_documents({}) == 0


def test_the_window_ends():
    arguments = ("--setParameter", "minSnapshotHistoryWindowInSeconds=1")
    with FreshetServer(args=arguments) as server, pymongo.MongoClient(server.uri) as client:
        collection = client.sessions.c
        collection.insert_many([{"_id": i} for i in range(5)])
        time = find_at(client, collection)["cursor"]["atClusterTime"]
        open_cursor = find_at(client, collection, time, batchSize=1)["cursor"]["id"]
        collection.insert_one({"_id": 10})
        wait_until(lambda: _refused_at(client, collection, time), timeout=20, what="the window is over")
        assert refused(client.sessions.command, {"getMore": open_cursor, "collection": "c"}) == 239


def _refused_at(client, collection, time):
    try:
        find_at(client, collection, time)
    except OperationFailure as error:
        assert error.code == 246
        return True
    return False


def test_only_reads_that_can(client, collection):
    concern = {"level": "snapshot"}
    assert refused(client.sessions.command, {"count": collection.name, "readConcern": concern}) == 72
    assert refused(client.sessions.command, {"listCollections": 1, "readConcern": concern}) == 72
    future = bson.Timestamp(4_000_000_000, 1)
    assert refused(find_at, client, collection, future) == 72
    assert refused(client.sessions.command, {"find": "c", "readConcern": {"afterClusterTime": future}}) == 72
    assert refused(client.sessions.command, {"find": "c", "readConcern": {"level": "local", "atClusterTime": future}}) == 72


def test_transactions_at_a_time(client, collection):
    collection.insert_one({"_id": 1})
    time = find_at(client, collection)["cursor"]["atClusterTime"]
    collection.insert_one({"_id": 2})
    lsid = {"id": bson.Binary(b"0123456789abcdef", 4)}
    with client._conn_for_reads(pymongo.ReadPreference.PRIMARY, None, operation="command") as (connection, _):
        reply = connection.command("sessions", bson.SON({
            "find": collection.name, "lsid": lsid, "txnNumber": bson.Int64(1), "autocommit": False, "startTransaction": True,
            "readConcern": {"level": "snapshot", "atClusterTime": time}}))
        assert ids(reply) == [1]


def test_causal_reads_wait_for_what_they_know(server, client, collection):
    """A majority read after a write that is not durable yet parks until it is."""
    seen = []

    def read(number):
        with client.start_session(causal_consistency=True) as session:
            collection.with_options(write_concern=WriteConcern(1)).insert_one({"_id": number}, session=session)
            majority = collection.with_options(read_concern=ReadConcern("majority"))
            seen.append(majority.find_one({"_id": number}, session=session))

    threads = [threading.Thread(target=read, args=(i,)) for i in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert None not in seen and len(seen) == 20
