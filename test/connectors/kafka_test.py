# SPDX-License-Identifier: Apache-2.0
"""The source task of MongoDB's Kafka connector: what it delivers, and that restarts of either side lose and double nothing."""
import json

import pymongo
import pytest
from bson import json_util

from connector import DELIVERY_TIMEOUT_S, KAFKA
from freshet_server import FreshetServer, wait_until
from witness import EVENTS_OF_ALL_KINDS, Witness, Writer, lose_history, write_all_kinds

MB = 1 << 20
STARTED = "Started MongoDB source task"
LEVELS = {"cluster": (1, {"cluster": True}), "database": (1, {}), "collection": ("c", {})}


@pytest.fixture
def kafka(make, kafka_classes):
    def one(uri, start=True, **changed):
        connector = make(KAFKA, kafka_classes, {
            "name": "freshet",
            "connector.class": "com.mongodb.kafka.connect.MongoSourceConnector",
            "connection.uri": uri,
            "topic.prefix": "t",
            "output.json.formatter": "com.mongodb.kafka.connect.source.json.formatter.ExtendedJson",
            "poll.await.time.ms": "200",
        })
        connector.properties["offset.file"] = connector.offsets
        if start:
            connector.start(**changed)
            connector.wait_until_logged(STARTED)  # the stream is open then, and begins there
        return connector
    return one


def document(text):
    return text and json_util.loads(text, json_options=json_util.CANONICAL_JSON_OPTIONS)


def values(records):
    return [document(record["value"]) for record in records]


def tokens(records):
    return [json.loads(record["offset"]["_id"])["_data"] for record in records]


def test_every_change_as_the_stream_has_it(kafka, server, db):
    """Whole events, each field of each type; a drop does not end the stream of a database."""
    connector, witness = kafka(server.uri, database=db.name), Witness(db)
    write_all_kinds(db.c, 0)
    write_all_kinds(db["new.one"], 0)
    db.c.drop()
    db.c.insert_one({"_id": "after the drop"})
    records = connector.wait_for(2 * EVENTS_OF_ALL_KINDS + 2)
    assert connector.stop() is None
    assert values(records) == witness.events()
    assert tokens(records) == [event["_id"]["_data"] for event in values(records)]
    assert {r["topic"] for r in records} == {f"t.{db.name}.c", f"t.{db.name}.new.one"}


@pytest.mark.parametrize("level", LEVELS)
def test_stopped_and_started_again(kafka, server, db, level):
    coll, options = LEVELS[level]
    watched = {"cluster": {}, "database": {"database": db.name}, "collection": {"database": db.name, "collection": "c"}}
    connector, witness = kafka(server.uri, **watched[level]), Witness(db, coll, **options)
    for turn in range(2):
        write_all_kinds(db.c, 10 * turn)
        connector.wait_for(EVENTS_OF_ALL_KINDS * (2 * turn + 1))
        assert connector.stop() is None
        write_all_kinds(db.c, 10 * turn + 5)
        connector.start()
    records = connector.wait_for(4 * EVENTS_OF_ALL_KINDS)
    assert connector.stop() is None
    assert values(records) == witness.events(), "each exactly once, in order"


def test_the_server_is_killed_meanwhile(kafka):
    with FreshetServer(durable=True) as server, pymongo.MongoClient(server.uri) as client:
        db = client.killed
        connector, witness = kafka(server.uri, database=db.name), Witness(db)
        with Writer(server.uri, db.name):
            for _ in range(3):
                connector.wait_for(len(connector.records) + 3 * EVENTS_OF_ALL_KINDS)
                server.restart(kill=True)
        whole = witness.events()
        connector.wait_for(len(whole))
        assert connector.stop() is None
        assert values(connector.records) == whole, "each exactly once, in order"


def test_the_connector_is_killed_meanwhile(kafka, server, db):
    """It promises at least once then: what it delivered behind its last stored offset comes again."""
    connector, witness = kafka(server.uri, database=db.name), Witness(db)
    with Writer(server.uri, db.name):
        for _ in range(3):
            connector.wait_for(len(connector.records) + 3 * EVENTS_OF_ALL_KINDS)
            connector.kill9()
            connector.start()
    whole = [event["_id"]["_data"] for event in witness.events()]
    wait_until(lambda: tokens(connector.records)[-1] == whole[-1], DELIVERY_TIMEOUT_S, what="the last event")
    assert connector.stop() is None
    delivered = tokens(connector.records)
    assert list(dict.fromkeys(delivered)) == whole, "none is lost, and first deliveries are in order"
    assert len(delivered) <= len(whole) + 3, "an offset is stored for each record: one of each run may come again"


def test_existing_documents_are_copied_first(kafka, server, db):
    db.c.insert_many([{"_id": i, "copied": True} for i in range(100)])
    connector = kafka(server.uri, database=db.name, collection="c", startup_mode="copy_existing")
    copied = values(connector.wait_for(100))
    assert sorted(event["fullDocument"]["_id"] for event in copied) == list(range(100))
    witness = Witness(db, "c")
    write_all_kinds(db.c, 100)
    assert values(connector.wait_for(100 + EVENTS_OF_ALL_KINDS)[100:]) == witness.events()
    assert connector.stop() is None


def test_started_at_a_time(kafka, server, db):
    db.c.insert_one({"_id": "before"})
    time = db.command("insert", "c", documents=[{"_id": "then"}])["operationTime"]
    write_all_kinds(db.c, 0)
    connector = kafka(server.uri, database=db.name, startup_mode="timestamp",
                      startup_mode_timestamp_start_at_operation_time=json_util.dumps(time))
    records = connector.wait_for(1 + EVENTS_OF_ALL_KINDS)
    assert values(records)[0]["clusterTime"] == time and values(records)[0]["documentKey"] == {"_id": "then"}
    assert connector.stop() is None and len(connector.records) == 1 + EVENTS_OF_ALL_KINDS


def test_a_dropped_collection_ends_its_stream_and_the_next_begins(kafka, server, client, db):
    """The connector publishes no invalidate events, and begins anew without a token: so it is made."""
    connector, witness = kafka(server.uri, database=db.name, collection="c"), Witness(db, "c")
    db.c.insert_one({"_id": 1})
    db.c.drop()
    connector.wait_for(2)
    connector.wait_until_logged("Cursor has been closed by the server - reinitializing")
    wait_until(lambda: [s for s in client.admin.command("freshetStreams")["streams"] if s["ns"] == f"{db.name}.c"],
               DELIVERY_TIMEOUT_S, what="the next stream")
    db.c.insert_one({"_id": 2})
    insert, drop, again = values(connector.wait_for(3))
    assert [insert, drop] == witness.events("insert", "drop") and again["fullDocument"] == {"_id": 2}
    assert connector.stop() is None


@pytest.mark.parametrize("tombstones", [False, True])
def test_full_documents_only(kafka, server, db, tombstones):
    connector = kafka(server.uri, database=db.name, publish_full_document_only="true",
                      publish_full_document_only_tombstone_on_delete=str(tombstones).lower(),
                      change_stream_full_document="updateLookup",
                      pipeline=json.dumps([{"$match": {"ns.coll": {"$ne": "hidden"}}}]))
    db.c.insert_one({"_id": 1, "a": {"b": [1, 2]}})
    connector.wait_for(1)
    db.hidden.insert_one({"_id": 1})
    db.c.update_one({"_id": 1}, {"$set": {"a.b.0": 3}})
    connector.wait_for(2)
    db.c.delete_one({"_id": 1})
    db.c.insert_one({"_id": 2})
    records = connector.wait_for(4 if tombstones else 3)
    assert connector.stop() is None
    deleted = [None] if tombstones else []
    assert values(records) == [{"_id": 1, "a": {"b": [1, 2]}}, {"_id": 1, "a": {"b": [3, 2]}}, *deleted, {"_id": 2}]
    if tombstones:
        assert document(records[2]["key"]) == {"_id": 1}


@pytest.mark.parametrize("pipeline", [
    [{"$match": {"operationType": {"$in": ["insert", "delete"]}, "fullDocument.a": {"$not": {"$gt": 5}}}}],
    [{"$match": {"updateDescription.updatedFields.list": {"$exists": True}}}],
    [{"$match": {"$or": [{"documentKey._id": 1}, {"updateDescription.removedFields": "n.z"}]}},
     {"$project": {"fullDocument": 0, "wallTime": 0}}],
    [{"$match": {"operationType": "update"}}, {"$addFields": {"fullDocument": {"is": "another"}}}],
])
def test_pipelines(kafka, server, db, pipeline):
    connector, witness = kafka(server.uri, database=db.name, pipeline=json.dumps(pipeline)), Witness(db, stages=pipeline)
    write_all_kinds(db.c, 0)
    db.c.insert_many([{"_id": "low", "a": 5}, {"_id": "high", "a": 6}])
    whole = witness.events()
    assert whole, "something passes"
    assert values(connector.wait_for(len(whole))) == whole
    assert connector.stop() is None and values(connector.records) == whole


def test_images(kafka, server, db):
    db.create_collection("c", changeStreamPreAndPostImages={"enabled": True})
    connector = kafka(server.uri, database=db.name, change_stream_full_document="required",
                      change_stream_full_document_before_change="whenAvailable")
    witness = Witness(db)
    write_all_kinds(db.c, 0)
    records = connector.wait_for(EVENTS_OF_ALL_KINDS)
    assert connector.stop() is None
    assert values(records) == witness.events(fullDocument="required", fullDocumentBeforeChange="whenAvailable")
    assert sum("fullDocumentBeforeChange" in event for event in values(records)) == EVENTS_OF_ALL_KINDS - 3


def test_heartbeats_move_a_quiet_stream_on(kafka, server, client, db):
    connector = kafka(server.uri, database=db.name, heartbeat_interval_ms="100", heartbeat_topic_name="beat")
    for i in range(3):
        client.other_people.c.insert_one({"i": i})
        there = Witness(db).start["_data"]
        wait_until(lambda: connector.records and tokens(connector.records)[-1] >= there, DELIVERY_TIMEOUT_S,
                   what="a heartbeat behind it")
    assert connector.stop() is None
    assert {r["topic"] for r in connector.records} == {"beat"}
    beats = tokens(connector.records)
    assert beats == sorted(set(beats)), "only a token that moved is told"
    witness = Witness(db)
    db.c.insert_one({"_id": 1})
    connector.start(heartbeat_interval_ms="0")
    assert values(connector.wait_for(len(beats) + 1)[len(beats):]) == witness.events()


def store_offset(connector, uri, db, token):
    partition = json.dumps({"ns": f"{uri.split('/?')[0]}/{db.name}"}, separators=(",", ":"))
    connector.offsets.write_text(json.dumps({partition: {"_id": json.dumps({"_data": token})}}))


NO_EVENT = "82" "6000000000000001" "80" "00" "00000000" "00"
OF_MONGODB = "82650A1B2C000000012B022C0100296E5A1004" "46" "1E5F6964002B02" "04"


def goes_on(connector, db):
    connector.wait_until_logged(STARTED)
    db.c.insert_one({"_id": "goes on"})
    assert document(connector.wait_for(1)[-1]["key"]) == {"_id": "goes on"}
    assert connector.stop() is None


def test_a_token_without_its_event(kafka, server, db):
    connector = kafka(server.uri, start=False, database=db.name)
    store_offset(connector, server.uri, db, NO_EVENT)
    error = connector.start(database=db.name).ended()
    assert "ResumeToken not found. Cannot create a change stream cursor" in error and connector.records == []
    goes_on(connector.start(errors_tolerance="all"), db)


def test_a_token_of_another_server_is_given_up(kafka, server, db):
    connector = kafka(server.uri, start=False)
    store_offset(connector, server.uri, db, OF_MONGODB)
    goes_on(connector.start(database=db.name), db)


def test_lost_history(kafka):
    with FreshetServer(args=["--history-size", "1MB", "--setParameter", "streamGraceMsMax=0"]) as server, \
         pymongo.MongoClient(server.uri) as client:
        db = client.lost
        connector = kafka(server.uri, database=db.name)
        db.c.insert_one({"_id": 1})
        connector.wait_for(1)
        assert connector.stop() is None
        db.c.insert_one({"_id": "lost"})
        lose_history(client)
        error = connector.start().ended()
        assert "ResumeToken not found. Cannot create a change stream cursor" in error
        del connector.records[:]
        goes_on(connector.start(errors_tolerance="all"), db)


def test_an_event_too_large_is_stepped_over_when_errors_are_tolerated(kafka, server, db):
    db.create_collection("c", changeStreamPreAndPostImages={"enabled": True})
    connector = kafka(server.uri, database=db.name, change_stream_full_document_before_change="required",
                      change_stream_full_document="required", errors_tolerance="all",
                      pipeline=json.dumps([{"$match": {"operationType": "update"}}]))
    db.c.insert_one({"_id": 1, "text": "x" * (9 * MB)})
    db.c.update_one({"_id": 1}, {"$set": {"text": "y" * (9 * MB)}})
    connector.wait_until_logged("Restarting the change stream with no resume token")

    def one_comes():
        db.c.update_one({"_id": 1}, [{"$set": {"text": "short", "count": {"$add": [{"$ifNull": ["$count", 0]}, 1]}}}])
        return connector.records
    wait_until(one_comes, DELIVERY_TIMEOUT_S, step=0.1, what="an event behind it")
    assert values(connector.records)[0]["fullDocument"]["text"] == "short"
    assert connector.stop() is None


def test_a_stage_that_streams_do_not_allow(kafka, server, db):
    connector = kafka(server.uri, start=False)
    error = connector.start(database=db.name, pipeline=json.dumps([{"$group": {"_id": "$ns"}}])).ended()
    assert "Illegal $changeStream operation" in error
