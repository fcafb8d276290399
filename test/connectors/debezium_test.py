# SPDX-License-Identifier: Apache-2.0
"""Debezium's MongoDB connector: what it delivers, and that restarts of either side lose and double nothing."""
import json

import pymongo
import pytest

from connector import DEBEZIUM, DELIVERY_TIMEOUT_S
from freshet_server import FreshetServer, wait_until
from witness import EVENTS_OF_ALL_KINDS, Witness, Writer, lose_history, write_all_kinds

WRITES = ("insert", "update", "replace", "delete")
OPERATIONS = {"insert": "c", "update": "u", "replace": "u", "delete": "d"}


@pytest.fixture
def debezium(make, debezium_classes):
    def one(uri, **changed):
        connector = make(DEBEZIUM, debezium_classes, {
            "name": "freshet",
            "connector.class": "io.debezium.connector.mongodb.MongoDbConnector",
            "mongodb.connection.string": uri,
            "topic.prefix": "t",
            "key.converter.schemas.enable": "false",
            "value.converter.schemas.enable": "false",
            "tombstones.on.delete": "false",
            "offset.storage": "AtomicFileOffsets",
        })
        connector.properties["offset.storage.file.filename"] = connector.offsets
        return connector.start(**changed)
    return one


def value(record):
    return json.loads(record["value"])


def operation(record):
    """c, u, d; r: from the snapshot; None: a heartbeat."""
    return value(record).get("op")


def key(record):
    return json.loads(json.loads(record["key"])["id"])


def document(text):
    return None if text is None else json.loads(text)


def delivered(records):
    """[(token, operation, _id)] of those that come from the stream."""
    return [(r["offset"]["token"], value(r)["op"], key(r)) for r in records if operation(r) in ("c", "u", "d")]


def expected(witness):
    return [(e["_id"]["_data"], OPERATIONS[e["operationType"]], e["documentKey"]["_id"]) for e in witness.events(*WRITES)]


def fold(records):
    """{collection: {_id: document}} as who applies the records has it."""
    collections = {}
    for record in records:
        name, what = value(record)["source"]["collection"], value(record)
        if what["op"] == "d":
            del collections[name][key(record)]
        elif what["after"] is not None:
            collections.setdefault(name, {})[key(record)] = document(what["after"])
    return collections


def contents(db):
    return {name: {d["_id"]: d for d in db[name].find()} for name in db.list_collection_names()}


def test_a_snapshot_then_every_change(debezium, server, db):
    db.c.insert_many([{"_id": i, "before": True} for i in range(50)])
    db.d.insert_one({"_id": 1})
    connector = debezium(server.uri, database_include_list=db.name)
    snapshot = connector.wait_for(51)
    assert {value(r)["op"] for r in snapshot} == {"r"} and fold(snapshot) == contents(db)
    witness = Witness(db)
    write_all_kinds(db.c, 100)
    write_all_kinds(db["new.one"], 100)
    streamed = connector.wait_for(51 + 2 * EVENTS_OF_ALL_KINDS)[51:]
    assert delivered(streamed) == expected(witness)
    assert {r["topic"] for r in streamed} == {f"t.{db.name}.c", f"t.{db.name}.new.one"}
    assert fold(connector.records) == contents(db)
    db.c.drop()
    db.c.insert_one({"_id": "after the drop"})
    assert key(connector.wait_for(52 + 2 * EVENTS_OF_ALL_KINDS)[-1]) == "after the drop"
    assert connector.stop() is None and delivered(connector.records) == expected(witness)


def test_tokens_as_debezium_decodes_them(debezium, server, db):
    db.seed.insert_one({"_id": 0})
    witness = Witness(db)
    connector = debezium(server.uri, database_include_list=db.name)
    connector.wait_for(1)
    write_all_kinds(db.c, 0)
    streamed = connector.wait_for(1 + EVENTS_OF_ALL_KINDS)[1:]
    for record, event in zip(streamed, witness.events(*WRITES), strict=True):
        source, offset, time = value(record)["source"], record["offset"], event["clusterTime"]
        assert offset["token"] == event["_id"]["_data"]
        assert offset["time"] == [offset["sec"], offset["ord"]] == [time.time, time.inc]
        assert source["ord"] == time.inc and source["ts_ms"] // 1000 == time.time
        assert source["wallTime"] == event["wallTime"].timestamp() * 1000


def test_update_descriptions(debezium, server, db):
    db.seed.insert_one({"_id": 0})
    witness = Witness(db)
    connector = debezium(server.uri, database_include_list=db.name, capture_mode="change_streams")
    connector.wait_for(1)
    write_all_kinds(db.c, 0)
    streamed = connector.wait_for(1 + EVENTS_OF_ALL_KINDS)[1:]
    for record, event in zip(streamed, witness.events(*WRITES), strict=True):
        told, description = value(record)["updateDescription"], event.get("updateDescription")
        if event["operationType"] != "update":
            assert told is None
            continue
        assert value(record)["after"] is None, "this mode does not look documents up"
        assert (document(told["updatedFields"]) or {}) == description["updatedFields"]
        assert (told["removedFields"] or []) == description["removedFields"]
        truncated = [{"field": t["field"], "newSize": t["size"]} for t in told["truncatedArrays"] or []]
        assert truncated == description["truncatedArrays"]


@pytest.mark.parametrize("scope", ["deployment", "database", "collection"])
def test_stopped_and_started_again(debezium, server, db, scope):
    target = {"deployment": {}, "database": {"capture_target": db.name},
              "collection": {"capture_target": f"{db.name}.c"}}[scope]
    db.c.insert_one({"_id": 0})
    connector = debezium(server.uri, database_include_list=db.name, capture_scope=scope, **target)
    connector.wait_for(1)
    witness = Witness(db, "c" if scope == "collection" else 1)
    write_all_kinds(db.c, 10)
    connector.wait_for(1 + EVENTS_OF_ALL_KINDS)
    assert connector.stop() is None
    write_all_kinds(db.c, 20)
    write_all_kinds(db.c, 30)
    connector.start()
    connector.wait_for(1 + 3 * EVENTS_OF_ALL_KINDS)
    assert connector.stop() is None
    assert delivered(connector.records) == expected(witness), "each exactly once, in order"
    assert fold(connector.records) == contents(db)


def test_the_server_is_killed_meanwhile(debezium):
    with FreshetServer(durable=True) as server, pymongo.MongoClient(server.uri) as client:
        db = client.killed
        db.c.insert_one({"_id": 0})
        witness = Witness(db)
        connector = debezium(server.uri, database_include_list=db.name)
        connector.wait_for(1)
        with Writer(server.uri, db.name) as writer:
            for _ in range(3):
                connector.wait_for(len(connector.records) + 3 * EVENTS_OF_ALL_KINDS)
                server.restart(kill=True)
        assert writer.first > 0
        whole = expected(witness)
        wait_until(lambda: connector.records[-1]["offset"]["token"] == whole[-1][0], DELIVERY_TIMEOUT_S, what="the last event")
        assert connector.stop() is None
        assert delivered(connector.records) == whole, "each exactly once, in order"
        assert fold(connector.records) == contents(db)


def test_the_connector_is_killed_meanwhile(debezium, server, db):
    """It promises at least once then: what it delivered behind its last stored offset comes again."""
    db.c.insert_one({"_id": 0})
    witness = Witness(db)
    connector = debezium(server.uri, database_include_list=db.name)
    connector.wait_for(1)
    runs = []
    with Writer(server.uri, db.name):
        for _ in range(2):
            before = len(connector.records)
            connector.wait_for(before + 3 * EVENTS_OF_ALL_KINDS)
            connector.kill9()
            runs.append(delivered(connector.records[before:]))
            connector.start()
    before = len(connector.records)
    whole = expected(witness)
    wait_until(lambda: delivered(connector.records[before:])[-1:] == whole[-1:], DELIVERY_TIMEOUT_S, what="the last event")
    runs.append(delivered(connector.records[before:]))
    assert connector.stop() is None
    for run in runs:
        start = whole.index(run[0])
        assert run == whole[start:start + len(run)], "each run is a piece of the stream without a gap"
    assert list(dict.fromkeys(change for run in runs for change in run)) == whole


def test_pre_and_post_images(debezium, server, db):
    db.seed.insert_one({"_id": 0})
    db.create_collection("c", changeStreamPreAndPostImages={"enabled": True})
    witness = Witness(db)
    connector = debezium(server.uri, database_include_list=db.name,
                         capture_mode="change_streams_update_full_with_pre_image",
                         capture_mode_full_update_type="post_image")
    connector.wait_for(1)
    write_all_kinds(db.c, 0)
    streamed = connector.wait_for(1 + EVENTS_OF_ALL_KINDS)[1:]
    events = witness.events(*WRITES, fullDocument="required", fullDocumentBeforeChange="whenAvailable")
    for record, event in zip(streamed, events, strict=True):
        assert document(value(record)["before"]) == event.get("fullDocumentBeforeChange")
        assert document(value(record)["after"]) == event.get("fullDocument")
    assert sum(value(r)["before"] is not None for r in streamed) == EVENTS_OF_ALL_KINDS - 3


def test_large_events_are_split_and_put_together(debezium, server, db):
    db.seed.insert_one({"_id": 0})
    db.create_collection("c", changeStreamPreAndPostImages={"enabled": True})
    connector = debezium(server.uri, database_include_list=db.name,
                         capture_mode="change_streams_update_full_with_pre_image",
                         capture_mode_full_update_type="post_image", cursor_oversize_handling_mode="split")
    connector.wait_for(1)
    db.c.insert_one({"_id": 0, "big": "x" * (9 << 20)})
    db.c.update_one({"_id": 0}, {"$set": {"big": "y" * (9 << 20)}})
    db.c.insert_one({"_id": 1})
    insert, update, last = connector.wait_for(4)[1:]
    assert [value(r)["op"] for r in (insert, update, last)] == ["c", "u", "c"]
    assert document(value(update)["before"])["big"] == "x" * (9 << 20)
    assert document(value(update)["after"])["big"] == "y" * (9 << 20)


def test_heartbeats_move_a_quiet_stream_on(debezium, server, client, db):
    db.c.insert_one({"_id": 0})
    connector = debezium(server.uri, collection_include_list=f"{db.name}.c", database_include_list=db.name,
                         capture_scope="database", capture_target=db.name, heartbeat_interval_ms=200)
    connector.wait_for(1)
    for i in range(3):
        before = len(connector.records)
        now = client.other_people.command("insert", "c", documents=[{"i": i}])["operationTime"]
        wait_until(lambda: any(r["topic"].startswith("__debezium-heartbeat") and r["offset"]["time"] >= [now.time, now.inc]
                               for r in connector.records[before:]), DELIVERY_TIMEOUT_S, what="a heartbeat behind it")
    assert connector.stop() is None
    db.c.insert_one({"_id": 1})
    connector.start()
    wait_until(lambda: [key(r) for r in connector.records if r["topic"] == f"t.{db.name}.c"] == [0, 1], DELIVERY_TIMEOUT_S,
               what="the insert")


def test_an_incremental_snapshot_amid_changes(debezium, server, db):
    """The connector writes its watermarks into the signal collection and reads them from its own stream."""
    db.c.insert_many([{"_id": i, "turn": 0} for i in range(100)])
    connector = debezium(server.uri, database_include_list=db.name, signal_data_collection=f"{db.name}.signals",
                         incremental_snapshot_chunk_size=30, signal_poll_interval_ms=200)
    connector.wait_for(100)
    connector.wait_until_logged("Reading change stream")
    db.signals.insert_one({"type": "execute-snapshot", "data": {"data-collections": [f"{db.name}.c"], "type": "INCREMENTAL"}})
    turn = 0

    def of_c():
        return [record for record in connector.records if record["topic"] == f"t.{db.name}.c"]

    def snapshot_done():
        nonlocal turn
        turn += 1
        db.c.update_many({"_id": {"$mod": [10, 0]}}, {"$set": {"turn": turn}})
        again = {key(record) for record in of_c()[100:] if operation(record) == "r"}
        return again >= {i for i in range(100) if i % 10}
    wait_until(snapshot_done, DELIVERY_TIMEOUT_S, step=0.05, what="the incremental snapshot")
    db.c.insert_one({"_id": "last"})
    wait_until(lambda: key(of_c()[-1]) == "last", DELIVERY_TIMEOUT_S, what="the last event")
    assert connector.stop() is None
    assert fold(of_c()) == {"c": contents(db)["c"]}


def test_lost_history_needs_a_snapshot(debezium):
    with FreshetServer(args=["--history-size", "1MB", "--setParameter", "streamGraceMsMax=0"]) as server, \
         pymongo.MongoClient(server.uri) as client:
        db = client.lost
        db.c.insert_one({"_id": 0})
        connector = debezium(server.uri, database_include_list=db.name)
        connector.wait_for(1)
        db.c.insert_one({"_id": 1})
        connector.wait_for(2)
        assert connector.stop() is None
        db.c.delete_one({"_id": 0})
        lose_history(client)
        assert "no longer available on the server" in connector.start().ended()
        del connector.records[:]
        connector.start(snapshot_mode="when_needed")
        assert fold(connector.wait_for(1)) == {"c": {1: {"_id": 1}}}
        db.c.insert_one({"_id": 2})
        assert fold(connector.wait_for(2))["c"] == contents(db)["c"]
