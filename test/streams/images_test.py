# SPDX-License-Identifier: Apache-2.0
"""Pre- and post-images: switching them on, their end, where they can be read (the contract, 1.6)."""

import pymongo
import pytest
from bson import Int64
from pymongo.errors import OperationFailure

from freshet_server import FreshetServer, wait_until
from raw_stream import RawStream

ON = {"enabled": True}
BOTH = {"fullDocument": "whenAvailable", "fullDocumentBeforeChange": "whenAvailable"}


@pytest.fixture
def own_server():
    with FreshetServer() as running, pymongo.MongoClient(running.uri) as client:
        yield client


def images(event):
    return event["fullDocumentBeforeChange"], event.get("fullDocument")


def options_of(db, name):
    return db.command("listCollections", filter={"name": name})["cursor"]["firstBatch"][0]["options"]


def test_collections_switch_them_on_and_off(db):
    db.create_collection("c")
    assert "changeStreamPreAndPostImages" not in options_of(db, "c")
    stream = RawStream(db, "c", **BOTH)
    db.c.insert_one({"_id": 1, "a": 1})
    db.c.update_one({"_id": 1}, {"$set": {"a": 2}})
    db.command("collMod", "c", changeStreamPreAndPostImages=ON)
    assert options_of(db, "c")["changeStreamPreAndPostImages"] == ON
    db.c.update_one({"_id": 1}, {"$set": {"a": 3}})
    db.c.replace_one({"_id": 1}, {"a": 4})
    db.command("collMod", "c", changeStreamPreAndPostImages={"enabled": False})
    assert "changeStreamPreAndPostImages" not in options_of(db, "c")
    db.c.delete_one({"_id": 1})
    _, before, update, replace, after = stream.drain()
    assert images(before) == (None, None) and images(after) == (None, None)
    assert images(update) == ({"_id": 1, "a": 2}, {"_id": 1, "a": 3})
    assert images(replace) == ({"_id": 1, "a": 3}, {"_id": 1, "a": 4})


def test_images_are_of_the_moment_whatever_came_later(db):
    db.create_collection("c", changeStreamPreAndPostImages=ON)
    stream = RawStream(db, "c", fullDocument="required", fullDocumentBeforeChange="required")
    db.c.insert_one({"_id": 1, "n": 0})
    for i in range(10):
        db.c.update_one({"_id": 1}, {"$inc": {"n": 1}, "$push": {"l": i}})
    db.c.drop()
    updates = [event for event in stream.drain() if event["operationType"] == "update"]
    assert [event["fullDocumentBeforeChange"]["n"] for event in updates] == list(range(10))
    assert [event["fullDocument"]["l"] for event in updates] == [list(range(i + 1)) for i in range(10)]


@pytest.mark.parametrize("value,code", [({}, 40414), ({"enabled": "x"}, 14), ({"on": True}, 40415), (True, 14)])
def test_wrong_values(db, value, code):
    with pytest.raises(OperationFailure) as error:
        db.command("create", "c", changeStreamPreAndPostImages=value)
    assert error.value.code == code


def test_views_keep_none(db):
    with pytest.raises(OperationFailure) as error:
        db.command("create", "v", viewOn="c", pipeline=[], changeStreamPreAndPostImages=ON)
    assert error.value.code == 72


def expire(client, seconds):
    client.admin.command("setClusterParameter",
                         {"changeStreamOptions": {"preAndPostImages": {"expireAfterSeconds": seconds}}})


def expiry(client):
    return client.admin.command("getClusterParameter", "changeStreamOptions")["clusterParameters"][0]


def test_cluster_parameter(own_server):
    client = own_server
    shown = expiry(client)
    assert list(shown) == ["_id", "clusterParameterTime", "preAndPostImages"]
    assert shown["_id"] == "changeStreamOptions" and shown["preAndPostImages"] == {"expireAfterSeconds": "off"}
    expire(client, 100)
    assert expiry(client)["preAndPostImages"] == {"expireAfterSeconds": Int64(100)}
    assert expiry(client)["clusterParameterTime"].time > 0
    assert client.admin.command("serverStatus")["changeStreamPreImages"]["expireAfterSeconds"] == 100
    for names in (["changeStreamOptions"], "*"):
        assert client.admin.command("getClusterParameter", names)["clusterParameters"] == [expiry(client)]
    expire(client, "off")
    assert expiry(client)["preAndPostImages"] == {"expireAfterSeconds": "off"}


@pytest.mark.parametrize("value,code", [
    ({"changeStreamOptions": {"preAndPostImages": {"expireAfterSeconds": 0}}}, 2),
    ({"changeStreamOptions": {"preAndPostImages": {"expireAfterSeconds": -5}}}, 2),
    ({"changeStreamOptions": {"preAndPostImages": {"expireAfterSeconds": "on"}}}, 2),
    ({"changeStreamOptions": {"preAndPostImages": {"expireAfterSeconds": {}}}}, 14),
    ({"changeStreamOptions": {"preAndPostImages": {}}}, 40414),
    ({"changeStreamOptions": {"preAndPostImages": {"x": 1}}}, 40415),
    ({"changeStreamOptions": {"x": 1}}, 40415), ({"changeStreamOptions": 1}, 14), ({"bogus": {}}, 20), ({}, 72), (1, 14)])
def test_wrong_cluster_parameters(client, value, code):
    with pytest.raises(OperationFailure) as error:
        client.admin.command("setClusterParameter", value)
    assert error.value.code == code


def test_cluster_parameters_belong_to_admin(client, db):
    for name, value in (("setClusterParameter", {}), ("getClusterParameter", "*")):
        with pytest.raises(OperationFailure) as error:
            db.command(name, value)
        assert error.value.code == 13
    with pytest.raises(OperationFailure) as error:
        client.admin.command("getClusterParameter", "bogus")
    assert error.value.code == 4


def test_expired_images_are_gone_at_once_and_everywhere(own_server):
    client = own_server
    db = client.d
    db.create_collection("c", changeStreamPreAndPostImages=ON)
    start = RawStream(db, "c").token
    db.c.insert_one({"_id": 1})
    db.c.update_one({"_id": 1}, {"$set": {"a": 1}})
    assert images(RawStream(db, "c", resumeAfter=start, **BOTH).drain()[1]) == ({"_id": 1}, {"_id": 1, "a": 1})
    expire(client, 1)
    wait_until(lambda: images(RawStream(db, "c", resumeAfter=start, **BOTH).drain()[1]) == (None, None))
    assert client.config["system.preimages"].count_documents({}) == 0
    strict = RawStream(db, "c", startAfter=start, fullDocumentBeforeChange="required", first_batch=0)
    with pytest.raises(OperationFailure) as error:
        strict.drain()
    assert error.value.code == 47
    expire(client, "off")
    assert client.config["system.preimages"].count_documents({}) == 1, "hidden, not gone"


def test_one_collection_can_hide_its_images_sooner(db):
    db.create_collection("c", changeStreamPreAndPostImages=ON, freshetHistory={"imageSeconds": 1})
    db.create_collection("d", changeStreamPreAndPostImages=ON)
    assert options_of(db, "c")["freshetHistory"] == {"imageSeconds": 1} and "freshetHistory" not in options_of(db, "d")
    start = RawStream(db).token
    for coll in (db.c, db.d):
        coll.insert_one({"_id": 1})
        coll.delete_one({"_id": 1})

    def shown():
        events = RawStream(db, resumeAfter=start, fullDocumentBeforeChange="whenAvailable").drain()
        return {e["ns"]["coll"] for e in events if e["operationType"] == "delete" and e["fullDocumentBeforeChange"]}

    wait_until(lambda: shown() == {"d"})
    preimages = db.client.config["system.preimages"]
    uuid = db.command("listCollections", filter={"name": "c"})["cursor"]["firstBatch"][0]["info"]["uuid"]
    assert preimages.count_documents({"_id.nsUUID": uuid}) == 0
    db.command("collMod", "c", freshetHistory={})
    assert shown() == {"c", "d"} and preimages.count_documents({"_id.nsUUID": uuid}) == 1


def test_system_preimages(own_server):
    client = own_server
    db = client.d
    db.create_collection("c", changeStreamPreAndPostImages=ON)
    db.create_collection("d", changeStreamPreAndPostImages=ON)
    db.c.insert_one({"_id": 1, "a": 1, "applyOps": [{"pre": 1}]})
    db.c.replace_one({"_id": 1}, {"a": 2, "applyOps": [{"pre": 1}]})
    db.d.insert_one({"_id": 5})
    deleted = db.command("delete", "d", deletes=[{"q": {}, "limit": 0}])["operationTime"]
    kept = client.config["system.preimages"]
    replaced, gone = kept.find()
    assert list(gone) == ["_id", "operationTime", "preImage"] and list(gone["_id"]) == ["nsUUID", "ts", "applyOpsIndex"]
    assert gone["_id"]["ts"] == deleted and gone["_id"]["applyOpsIndex"] == Int64(0) and gone["preImage"] == {"_id": 5}
    assert replaced["preImage"]["a"] == 1
    uuid = db.command("listCollections", filter={"name": "d"})["cursor"]["firstBatch"][0]["info"]["uuid"]
    assert [image["preImage"] for image in kept.find({"_id.nsUUID": uuid})] == [{"_id": 5}]
    assert kept.count_documents({}) == kept.estimated_document_count() == 2
    assert list(kept.aggregate([{"$sort": {"_id.ts": -1}}, {"$limit": 1}, {"$project": {"preImage": 1, "_id": 0}}])) == [
        {"preImage": {"_id": 5}}]
    with pytest.raises(OperationFailure) as error:
        client.config.command("create", "system.preimages")
    assert error.value.code == 73


def test_a_server_can_keep_images_of_everything():
    with FreshetServer(args=["--keep-images"]) as server, pymongo.MongoClient(server.uri) as client:
        db = client.d
        stream = RawStream(db, fullDocument="required", fullDocumentBeforeChange="required")
        db.c.insert_one({"_id": 1})
        db.c.update_one({"_id": 1}, {"$set": {"a": 1}})
        db.c.find_one_and_delete({"_id": 1})
        _, update, delete = stream.drain()
        assert images(update) == ({"_id": 1}, {"_id": 1, "a": 1})
        assert delete["fullDocumentBeforeChange"] == {"_id": 1, "a": 1}
        assert "changeStreamPreAndPostImages" not in options_of(db, "c")


def test_images_and_their_policy_survive_a_restart():
    with FreshetServer(durable=True) as server:
        with pymongo.MongoClient(server.uri) as client:
            client.d.create_collection("c", changeStreamPreAndPostImages=ON)
            start = RawStream(client.d, "c").token
            client.d.c.insert_one({"_id": 1})
            client.d.c.delete_one({"_id": 1})
            expire(client, 10000)
        server.restart(kill=True)
        with pymongo.MongoClient(server.uri) as client:
            stream = RawStream(client.d, "c", resumeAfter=start, fullDocumentBeforeChange="required")
            assert stream.drain()[1]["fullDocumentBeforeChange"] == {"_id": 1}
            assert expiry(client)["preAndPostImages"] == {"expireAfterSeconds": 10000}


def test_images_of_large_documents(db):
    """16 MB before and after: the log holds both, and the split stage gets them to the client."""
    db.create_collection("c", changeStreamPreAndPostImages=ON)
    db.c.insert_one({"_id": 1, "x": "y" * (15 << 20)})
    stream = RawStream(db, "c", [{"$changeStreamSplitLargeEvent": {}}], first_batch=0, fullDocument="required",
                       fullDocumentBeforeChange="required")
    db.c.update_one({"_id": 1}, {"$set": {"small": 1}})
    parts = stream.drain()
    assert [part["splitEvent"] for part in parts] == [{"fragment": 1, "of": 2}, {"fragment": 2, "of": 2}]
    whole = {**parts[0], **parts[1]}
    assert len(whole["fullDocument"]["x"]) == len(whole["fullDocumentBeforeChange"]["x"]) == 15 << 20
