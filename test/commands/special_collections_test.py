# SPDX-License-Identifier: Apache-2.0
"""Clustered and time-series collections, as far as an ordinary collection can serve them."""
import datetime

import bson
import pymongo
import pytest
from replies import code_of

EARLY = datetime.datetime(2020, 1, 1)
LATER = datetime.datetime(2021, 1, 1)
CLUSTERED = {"key": {"_id": 1}, "unique": True}


def test_clustered_collections_are_in_the_order_of_their_ids(db):
    db.create_collection("c", clusteredIndex={**CLUSTERED, "name": "by id"})
    db.c.insert_many([{"_id": i} for i in (3, 1, 2)])
    assert [d["_id"] for d in db.c.find()] == [1, 2, 3]
    assert [d["_id"] for d in db.c.find(sort=[("$natural", -1)])] == [3, 2, 1]
    assert [d["_id"] for d in db.c.find(batch_size=1)] == [1, 2, 3]
    assert [d["_id"] for d in db.c.find({"_id": {"$gt": 1}}, hint="by id")] == [2, 3]
    with pytest.raises(pymongo.errors.DuplicateKeyError):
        db.c.insert_one({"_id": 1})


def test_how_clustered_collections_are_listed(db):
    db.create_collection("c", clusteredIndex={**CLUSTERED, "name": "by id"}, expireAfterSeconds=10)
    [listed] = db.list_collections()
    assert listed["options"] == {"clusteredIndex": {"v": 2, "key": {"_id": 1}, "name": "by id", "unique": True},
                                 "expireAfterSeconds": 10}
    assert "idIndex" not in listed
    [index] = db.c.list_indexes()
    assert dict(index) == {"v": 2, "key": {"_id": 1}, "name": "by id", "unique": True, "clustered": True}
    assert code_of(db.command, {"dropIndexes": "c", "index": "by id"}) == 72
    db.command({"collMod": "c", "expireAfterSeconds": "off"})
    assert "expireAfterSeconds" not in db.c.options()


@pytest.mark.parametrize("option, code", [
    (True, 14), ({}, 40414), ({"key": {"_id": 1}}, 40414), ({"key": {"a": 1}, "unique": True}, 197),
    ({"key": {"_id": -1}, "unique": True}, 197), ({"key": {"_id": 1}, "unique": False}, 197),
    ({**CLUSTERED, "what": 1}, 40415), ({**CLUSTERED, "v": 1}, 67),
])
def test_what_is_no_clustered_index(db, option, code):
    assert code_of(db.command, {"create": "c", "clusteredIndex": option}) == code


@pytest.mark.parametrize("options", [
    {"clusteredIndex": CLUSTERED, "capped": True, "size": 4096},
    {"expireAfterSeconds": 5},
    {"timeseries": {"timeField": "t"}, "capped": True, "size": 4096},
    {"timeseries": {"timeField": "t"}, "clusteredIndex": CLUSTERED},
    {"timeseries": {"timeField": "t"}, "viewOn": "c"},
    {"timeseries": {"timeField": "t"}, "validator": {"a": 1}},
])
def test_what_does_not_go_together(db, options):
    assert code_of(db.command, {"create": "x", **options}) == 72


def test_time_series(db):
    db.create_collection("t", timeseries={"timeField": "at", "metaField": "who", "granularity": "minutes"})
    # As in MongoDB, an _id may come twice.
    db.t.insert_many([{"_id": 1, "at": LATER, "who": "a"}, {"_id": 1, "at": EARLY, "who": "b"}])
    assert db.t.count_documents({"_id": 1}) == 2
    assert [d["who"] for d in db.t.find(sort=[("at", 1)])] == ["b", "a"]
    for document in ({"who": "a"}, {"at": 5}, {"at": None}):
        with pytest.raises(pymongo.errors.WriteError) as caught:
            db.t.insert_one(document)
        assert caught.value.code == 2
    assert db.t.delete_many({"who": "a"}).deleted_count == 1
    assert db.command("validate", "t")["valid"]


def test_how_time_series_are_listed(db):
    db.create_collection("t", timeseries={"timeField": "at", "metaField": "who"}, expireAfterSeconds=60)
    [listed] = db.list_collections()
    assert listed["type"] == "timeseries"
    assert listed["options"] == {"expireAfterSeconds": 60, "timeseries": {
        "timeField": "at", "metaField": "who", "granularity": "seconds", "bucketMaxSpanSeconds": 3600}}
    assert list(db.t.index_information()) == ["who_1_at_1", "at_1"]
    db.command({"collMod": "t", "timeseries": {"granularity": "hours"}, "expireAfterSeconds": 120})
    assert db.t.options()["timeseries"]["granularity"] == "hours"
    assert db.t.options()["expireAfterSeconds"] == 120
    assert code_of(db.command, {"collMod": "t", "timeseries": {"granularity": "seconds"}}) == 72
    assert code_of(db.command, {"collMod": "t", "timeseries": {"granularity": "days"}}) == 2


@pytest.mark.parametrize("option, code", [
    ({}, 40414), ({"timeField": 1}, 14), ({"timeField": "a.b"}, 72), ({"timeField": "t", "metaField": "t"}, 72),
    ({"timeField": "t", "metaField": "_id"}, 72), ({"timeField": "t", "granularity": "days"}, 2),
    ({"timeField": "t", "bucketMaxSpanSeconds": 5}, 72), ({"timeField": "t", "what": 1}, 40415),
    ({"timeField": "t", "bucketMaxSpanSeconds": 0, "bucketRoundingSeconds": 0}, 2),
])
def test_what_is_no_time_series(db, option, code):
    assert code_of(db.command, {"create": "t", "timeseries": option}) == code


def test_there_are_no_buckets_to_read(db):
    db.create_collection("t", timeseries={"timeField": "at"})
    db.t.insert_one({"at": EARLY})
    for command in ({"find": "system.buckets.t"}, {"count": "system.buckets.t"},
                    {"aggregate": "system.buckets.t", "pipeline": [], "cursor": {}}):
        assert code_of(db.command, command) == 115


def test_documents_are_replaced_in_clustered_collections(db):
    db.create_collection("c", clusteredIndex=CLUSTERED)
    key = bson.ObjectId()
    db.c.insert_one({"_id": key, "n": 1})
    assert db.c.find_one_and_replace({"_id": key}, {"n": 2}, return_document=True) == {"_id": key, "n": 2}
    assert db.c.distinct("n") == [2]
