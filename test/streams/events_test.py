# SPDX-License-Identifier: Apache-2.0
"""Which events there are, their fields in order, and what ends a stream (the contract, 1.4, 1.5, 1.9)."""
import datetime

import pymongo
import pytest
from bson import Binary, Int64, Timestamp

from raw_stream import RawStream, types

ID_INDEX = {"v": 2, "key": {"_id": 1}, "name": "_id_"}


def uuid_of(db, coll):
    return db.command("listCollections", filter={"name": coll})["cursor"]["firstBatch"][0]["info"]["uuid"]


def fields(event):
    return " ".join(event)


def test_document_events(db):
    stream = RawStream(db, "c")
    db.c.insert_one({"_id": 1, "a": 1})
    db.c.update_one({"_id": 1}, {"$set": {"a": 2}})
    db.c.replace_one({"_id": 1}, {"a": 3})
    db.c.delete_one({"_id": 1})
    insert, update, replace, delete = events = stream.drain()
    assert types(events) == ["insert", "update", "replace", "delete"]
    head = "_id operationType clusterTime wallTime"
    assert fields(insert) == fields(replace) == head + " fullDocument ns documentKey"
    assert fields(update) == head + " ns documentKey updateDescription"
    assert fields(delete) == head + " ns documentKey"
    assert insert["fullDocument"] == {"_id": 1, "a": 1} and replace["fullDocument"] == {"_id": 1, "a": 3}
    assert update["updateDescription"] == {"updatedFields": {"a": 2}, "removedFields": [], "truncatedArrays": []}
    for event in events:
        assert event["ns"] == {"db": db.name, "coll": "c"} and event["documentKey"] == {"_id": 1}
        assert isinstance(event["clusterTime"], Timestamp) and isinstance(event["wallTime"], datetime.datetime)
        assert list(event["_id"]) == ["_data"]
    assert [e["_id"]["_data"] for e in events] == sorted(e["_id"]["_data"] for e in events)


def test_cluster_time_is_the_writers_operation_time(db):
    stream = RawStream(db, "c")
    reply = db.command("insert", "c", documents=[{"_id": 1}])
    assert stream.one()["clusterTime"] == reply["operationTime"]


def test_expanded_document_events_carry_the_collection(db):
    db.create_collection("c")
    stream = RawStream(db, "c", showExpandedEvents=True)
    db.c.insert_one({"_id": 1})
    db.c.update_one({"_id": 1}, {"$set": {"a": 1}})
    insert, update = stream.drain()
    assert fields(insert) == "_id operationType clusterTime collectionUUID wallTime fullDocument ns documentKey"
    assert insert["collectionUUID"] == uuid_of(db, "c")
    assert update["updateDescription"]["disambiguatedPaths"] == {}


def test_images_come_last_and_first(db):
    db.create_collection("c", changeStreamPreAndPostImages={"enabled": True})
    stream = RawStream(db, "c", fullDocument="required", fullDocumentBeforeChange="required")
    db.c.insert_one({"_id": 1, "a": 1})
    db.c.update_one({"_id": 1}, {"$inc": {"a": 1}})
    db.c.delete_one({"_id": 1})
    insert, update, delete = stream.drain()
    assert fields(update) == ("_id operationType clusterTime wallTime fullDocument ns documentKey updateDescription "
                              "fullDocumentBeforeChange")
    assert update["fullDocument"] == {"_id": 1, "a": 2} and update["fullDocumentBeforeChange"] == {"_id": 1, "a": 1}
    assert "fullDocumentBeforeChange" not in insert
    assert delete["fullDocumentBeforeChange"] == {"_id": 1, "a": 2} and "fullDocument" not in delete


def test_without_expanded_events_only_drops_and_renames_show(db):
    stream = RawStream(db)
    db.create_collection("c")
    db.c.create_index("a")
    db.command("collMod", "c", index={"name": "a_1", "hidden": True})
    db.create_collection("v", viewOn="c", pipeline=[])
    db.c.drop_index("a_1")
    db.v.drop()
    db.c.rename("d")
    db.d.drop()
    rename, drop = stream.drain()
    assert fields(rename) == "_id operationType clusterTime wallTime ns to"
    assert rename["ns"]["coll"] == "c" and rename["to"] == {"db": db.name, "coll": "d"}
    assert fields(drop) == "_id operationType clusterTime wallTime ns"


def test_create_events(db):
    stream = RawStream(db, showExpandedEvents=True)
    db.create_collection("c", changeStreamPreAndPostImages={"enabled": True})
    db.create_collection("cap", capped=True, size=1000, max=3)
    db.create_collection("v", viewOn="c", pipeline=[{"$match": {"a": 1}}], collation={"locale": "de"})
    db.implicit.insert_one({"_id": 1})
    plain, capped, view, implicit, insert = events = stream.drain()
    assert types(events) == ["create"] * 4 + ["insert"]
    assert fields(plain) == "_id operationType clusterTime collectionUUID wallTime ns operationDescription"
    assert fields(view) == "_id operationType clusterTime wallTime ns operationDescription"
    assert plain["collectionUUID"] == uuid_of(db, "c")
    assert plain["operationDescription"] == {"changeStreamPreAndPostImages": {"enabled": True}, "idIndex": ID_INDEX}
    assert capped["operationDescription"] == {"capped": True, "size": 1024, "max": 3, "idIndex": ID_INDEX}
    assert view["operationDescription"]["viewOn"] == "c"
    assert view["operationDescription"]["pipeline"] == [{"$match": {"a": 1}}]
    assert view["operationDescription"]["collation"]["locale"] == "de"
    assert implicit["operationDescription"] == {"idIndex": ID_INDEX}


def test_index_events(db):
    db.create_collection("c")
    stream = RawStream(db, "c", showExpandedEvents=True)
    db.c.create_index("a", sparse=True)
    two = [pymongo.IndexModel("b"), pymongo.IndexModel("t", expireAfterSeconds=5)]
    db.c.create_indexes(two)  # empty: each for itself
    db.c.drop_indexes()
    db.c.insert_one({"_id": 1})
    db.c.create_indexes(two)  # built over documents together
    db.c.drop_index("b_1")
    events = [e for e in stream.drain() if e["operationType"] != "insert"]
    b = {"v": 2, "key": {"b": 1}, "name": "b_1"}
    t = {"v": 2, "key": {"t": 1}, "name": "t_1", "expireAfterSeconds": 5}
    a = {"v": 2, "key": {"a": 1}, "name": "a_1", "sparse": True}
    assert [(e["operationType"], e["operationDescription"]["indexes"]) for e in events] == [
        ("createIndexes", [a]), ("createIndexes", [b]), ("createIndexes", [t]),
        ("dropIndexes", [a]), ("dropIndexes", [b]), ("dropIndexes", [t]),
        ("createIndexes", [b, t]), ("dropIndexes", [b])]
    for event in events:
        assert fields(event) == "_id operationType clusterTime collectionUUID wallTime ns operationDescription"


def test_modify_events(db):
    db.create_collection("c", validator={"a": 1})
    db.c.create_index("t", expireAfterSeconds=5)
    db.create_collection("v", viewOn="c", pipeline=[])
    uuid = uuid_of(db, "c")
    stream = RawStream(db, showExpandedEvents=True)
    db.command("collMod", "c", index={"keyPattern": {"t": 1}, "expireAfterSeconds": 7})
    db.command("collMod", "c", index={"name": "t_1", "hidden": True})
    db.command("collMod", "c", validationLevel="moderate")
    db.command("collMod", "c")
    db.command("collMod", "v", viewOn="other", pipeline=[{"$match": {}}])
    expire, hide, level, nothing, view = events = stream.drain()
    assert set(types(events)) == {"modify"}
    assert fields(hide) == ("_id operationType clusterTime collectionUUID wallTime ns operationDescription "
                            "stateBeforeChange")
    assert expire["operationDescription"] == {"index": {"name": "t_1", "expireAfterSeconds": 7}}
    assert expire["stateBeforeChange"] == {"collectionOptions": {"uuid": uuid, "validator": {"a": 1}},
                                           "indexOptions": {"expireAfterSeconds": 5}}
    assert list(expire["stateBeforeChange"]["collectionOptions"])[0] == "uuid"
    assert hide["operationDescription"] == {"index": {"name": "t_1", "hidden": True}}
    assert hide["stateBeforeChange"]["indexOptions"] == {"hidden": False}
    assert level["operationDescription"] == {"validationLevel": "moderate"}
    assert nothing["operationDescription"] == {}
    assert "indexOptions" not in nothing["stateBeforeChange"]
    assert view["operationDescription"] == {"viewOn": "other", "pipeline": [{"$match": {}}]}
    assert view["stateBeforeChange"] == {"collectionOptions": {"viewOn": "c", "pipeline": []}}
    assert "collectionUUID" not in view


def test_rename_events_tell_what_they_replaced(db):
    db.create_collection("a")
    db.create_collection("b")
    source, target = uuid_of(db, "a"), uuid_of(db, "b")
    stream = RawStream(db, showExpandedEvents=True)
    db.a.rename("b", dropTarget=True)
    db.b.rename("c")
    replaced, plain = stream.drain()
    to = {"db": db.name, "coll": "b"}
    assert fields(replaced) == "_id operationType clusterTime collectionUUID wallTime ns to operationDescription"
    assert replaced["collectionUUID"] == source and replaced["to"] == to
    assert replaced["operationDescription"] == {"to": to, "dropTarget": target}
    assert plain["operationDescription"] == {"to": {"db": db.name, "coll": "c"}}


def test_drop_database_drops_each_collection_first(db):
    for name in ("a", "b"):
        db.create_collection(name)
    whole, single = RawStream(db, cluster=True), RawStream(db)
    db.client.drop_database(db.name)
    events = whole.drain()
    assert types(events) == ["drop", "drop", "dropDatabase"]
    assert fields(events[-1]) == "_id operationType clusterTime wallTime ns" and events[-1]["ns"] == {"db": db.name}
    assert whole.open
    assert types(single.drain()) == ["drop", "drop", "dropDatabase", "invalidate"]
    assert not single.open


@pytest.mark.parametrize("end", ["drop", "rename", "rename onto", "drop database"])
def test_invalidate_ends_a_collection_stream(db, end):
    db.create_collection("c")
    db.create_collection("d")
    stream = RawStream(db, "c")
    first = {"drop": db.c.drop, "rename": lambda: db.c.rename("e"), "drop database": lambda: db.client.drop_database(db),
             "rename onto": lambda: db.d.rename("c", dropTarget=True)}[end]
    first()
    db.c.insert_one({"_id": 1})
    event, invalidate = stream.drain()
    assert event["operationType"] == end.split()[0]
    assert fields(invalidate) == "_id operationType clusterTime wallTime"
    assert invalidate["operationType"] == "invalidate" and invalidate["clusterTime"] == event["clusterTime"]
    assert not stream.open
    with pytest.raises(pymongo.errors.OperationFailure) as refused:
        RawStream(db, "c", resumeAfter=invalidate["_id"])
    assert refused.value.code == 260
    later = RawStream(db, "c", startAfter=invalidate["_id"])
    assert types(later.drain()) == ["insert"]


def test_retryable_writes_leave_no_session_in_events(client, db):
    stream = RawStream(db, "c")
    with client.start_session() as session:
        db.c.insert_one({"_id": 1}, session=session)
    event = stream.one()
    assert "lsid" not in event and "txnNumber" not in event


@pytest.mark.parametrize("update,updated,removed,truncated", [
    ({"$set": {"n.x": 5, "new.deep": 1}}, {"n.x": 5, "new": {"deep": 1}}, [], []),
    ({"$unset": {"n.x": 1, "gone": 1}}, {}, ["n.x"], []),
    ({"$push": {"arr": 9}}, {"arr.4": 9}, [], []),
    ({"$push": {"none": 9}}, {"none": [9]}, [], []),
    ({"$push": {"empty": 9}}, {"empty": [9]}, [], []),
    ({"$pull": {"arr": 1}}, {"arr": [2, 3, {"s": 1, "t": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}]}, [], []),
    ({"$set": {"arr.3.s": 2}}, {"arr.3.s": 2}, [], []),
    ({"$rename": {"n.x": "moved"}}, {"moved": 1}, ["n.x"], []),
    ([{"$set": {"arr": {"$slice": ["$arr", 1]}}}], {"arr": [1]}, [], []),
    ([{"$set": {"long": {"$slice": ["$long", 40]}}}], {}, [], [{"field": "long", "newSize": 40}]),
    ([{"$set": {"arr": {"$concatArrays": ["$arr", [7]]}}}], {"arr.4": 7}, [], []),
    ([{"$unset": ["n.x", "n.y"]}], {"n": {"z": 3}}, [], []),
    ([{"$set": {"n.z": 4}}], {"n.z": 4}, [], []),
])
def test_update_description(db, update, updated, removed, truncated):
    db.c.insert_one({"_id": 1, "n": {"x": 1, "y": 2, "z": 3}, "empty": [], "long": list(range(50)),
                     "arr": [1, 2, 3, {"s": 1, "t": "x" * 39}], "pad": "y" * 500})
    stream = RawStream(db, "c")
    db.c.update_one({"_id": 1}, update)
    assert stream.one()["updateDescription"] == {"updatedFields": updated, "removedFields": removed,
                                                 "truncatedArrays": truncated}


@pytest.mark.parametrize("document,update,paths", [
    ({"a": {"0": 1}}, {"$set": {"a.0": 2}}, {"a.0": ["a", "0"]}),
    ({"a": [1]}, {"$set": {"a.0": 2}}, {}),
    ({"0": {"x": 1}}, {"$set": {"0.x": 2}}, {}),
    ({"a": {"00": 1}}, {"$set": {"a.00": 2}}, {}),
    ({"a": [{"1": 1}]}, {"$set": {"a.0.1": 2}}, {"a.0.1": ["a", 0, "1"]}),
    ({"a.b": 1}, [{"$replaceWith": {"$setField": {"field": "a.b", "input": "$$ROOT", "value": 2}}}], {"a.b": ["a.b"]}),
])
def test_disambiguated_paths(db, document, update, paths):
    db.c.insert_one({"_id": 1, "pad": "y" * 500, **document})
    stream = RawStream(db, "c", showExpandedEvents=True)
    db.c.update_one({"_id": 1}, update)
    assert stream.one()["updateDescription"]["disambiguatedPaths"] == paths


def test_truncated_arrays_stand_beside_changes_of_what_is_left(db):
    db.c.insert_one({"_id": 1, "a": [{"k": i, "t": "x" * 40} for i in range(10)]})
    stream = RawStream(db, "c")
    db.c.update_one({"_id": 1}, [{"$set": {"a": {"$map": {
        "input": {"$slice": ["$a", 5]}, "in": {"k": {"$cond": [{"$eq": ["$$this.k", 2]}, 99, "$$this.k"]},
                                               "t": "$$this.t"}}}}}])
    description = stream.one()["updateDescription"]
    assert description["updatedFields"] == {"a.2.k": 99}
    assert description["truncatedArrays"] == [{"field": "a", "newSize": 5}]


def test_update_or_replace_is_the_servers_choice(db):
    db.c.insert_one({"_id": 1, "a": 1})
    stream = RawStream(db, "c")
    db.c.update_one({"_id": 1}, [{"$replaceWith": {"_id": 1, "other": "x" * 50}}])
    assert stream.one()["operationType"] == "replace"


def test_raw_update_description(db):
    db.c.insert_one({"_id": 1, "a": [1, 2], "pad": "x" * 100})
    stream = RawStream(db, "c", showRawUpdateDescription=True)
    db.c.update_one({"_id": 1}, {"$set": {"a.0": 5}, "$unset": {"pad": 1}})
    event = stream.one()
    assert fields(event) == "_id operationType clusterTime wallTime ns documentKey rawUpdateDescription"
    assert event["rawUpdateDescription"] == {"$v": 2, "diff": {"d": {"pad": False}, "sa": {"a": True, "u0": 5}}}


def test_unusual_documents_keys(db):
    stream = RawStream(db, "c")
    keys = [None, {"a": 1, "b": [1]}, Binary(b"x", 5), Int64(5), "s", 2.5, datetime.datetime(2020, 1, 1)]
    for key in keys:
        db.c.insert_one({"_id": key})
        db.c.update_one({"_id": key}, {"$set": {"a": 1}})
        db.c.delete_one({"_id": key})
    assert [e["documentKey"]["_id"] for e in stream.drain()] == [key for key in keys for _ in range(3)]
