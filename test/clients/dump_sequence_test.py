# SPDX-License-Identifier: Apache-2.0
"""What mongodump and mongorestore send, replayed with PyMongo over raw BSON: a database comes back byte for byte."""
import datetime
import re
import uuid

import bson
import pymongo
import pytest
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

RAW = CodecOptions(document_class=RawBSONDocument)
EVERY_TYPE = {
    "double": 1.5, "nan": float("nan"), "string": "é\x00ü", "object": {"b": 1, "a": {}}, "array": [1, [2], {}],
    "binary": bson.Binary(b"\x00\xff", 0), "uuid": bson.Binary(uuid.UUID(int=7).bytes, 4), "user": bson.Binary(b"x", 128),
    "id": bson.ObjectId(), "true": True, "false": False, "date": datetime.datetime(1969, 12, 31), "null": None,
    "regex": bson.Regex("^a.*", "im"), "ref": bson.DBRef("c", 1, "d"), "code": bson.Code("x"),
    "scoped": bson.Code("x", {"y": 1}), "int": 1, "timestamp": bson.Timestamp(5, 6), "long": bson.Int64(1 << 40),
    "decimal": bson.Decimal128("1.10"), "min": bson.MinKey(), "max": bson.MaxKey(), "a.b": {"$c": 1}, "": "no name",
}


def fill(db):
    db.create_collection("plain")
    db.plain.insert_many([{"_id": 1, **EVERY_TYPE}, {"_id": {"x": 1}, "n": 2}, {"_id": "s", "n": 1}])
    db.plain.create_indexes([
        pymongo.IndexModel([("n", 1), ("string", -1)], name="compound"),
        pymongo.IndexModel("id", unique=True, sparse=True),
        pymongo.IndexModel("date", expireAfterSeconds=1 << 30),
        pymongo.IndexModel("long", partialFilterExpression={"long": {"$gt": 5}}),
        pymongo.IndexModel([("decimal", "hashed")]),
        pymongo.IndexModel("int", hidden=True),
        pymongo.IndexModel("string", collation={"locale": "de", "strength": 1}),
    ])
    db.create_collection("checked", validator={"n": {"$gt": 0}}, validationLevel="moderate", validationAction="warn",
                         collation={"locale": "en", "strength": 2}, changeStreamPreAndPostImages={"enabled": True})
    db.checked.insert_one({"_id": "A", "n": 1})
    db.create_collection("capped", capped=True, size=8192, max=5)
    db.capped.insert_many([{"_id": 9 - i} for i in range(8)])
    db.create_collection("clustered", clusteredIndex={"key": {"_id": 1}, "unique": True})
    db.clustered.insert_many([{"_id": 2}, {"_id": 1}])
    db.command({"create": "view", "viewOn": "plain", "pipeline": [{"$match": {"n": {"$gte": 1}}}],
                "collation": {"locale": "fr"}})


def dump(client, name):
    """As mongodump: collections with options and UUID, their indexes, their documents in natural order."""
    db = client.get_database(name, codec_options=RAW)
    client.admin.command("isMaster"), client.admin.command("buildInfo")
    with pytest.raises(pymongo.errors.OperationFailure):
        client.admin.command("atlasVersion")
    dumped = []
    for info in client[name].command("listCollections")["cursor"]["firstBatch"]:
        entry = {"info": info, "indexes": [], "documents": []}
        if info["type"] == "collection":
            assert info["info"]["uuid"].subtype == 4
            entry["indexes"] = [bson.encode(index) for index in db[info["name"]].list_indexes()]
            expected = db.command("count", info["name"])["n"]
            entry["documents"] = [d.raw for d in db[info["name"]].find(hint={"$natural": 1}, batch_size=2)]
            assert len(entry["documents"]) == expected
        dumped.append(entry)
    return dumped


def restore(client, name, dumped):
    """As mongorestore: create with the dumped options, unordered inserts in batches, then the indexes."""
    db = client.get_database(name, codec_options=RAW)
    for entry in dumped:
        collection = entry["info"]["name"]
        options = dict(entry["info"]["options"])
        if "idIndex" in entry["info"]:
            options["idIndex"] = entry["info"]["idIndex"]
        db.command({"drop": collection})
        db.command({"create": collection, **options})
        if entry["documents"]:
            db.command({"insert": collection, "documents": [RawBSONDocument(d) for d in entry["documents"]],
                        "ordered": False, "writeConcern": {"w": "majority"}, "bypassDocumentValidation": True})
        indexes = [raw for raw in entry["indexes"] if bson.decode(raw)["key"] != {"_id": 1}]
        if indexes:
            db.command({"createIndexes": collection, "indexes": [RawBSONDocument(raw) for raw in indexes],
                        "ignoreUnknownIndexOptions": True})


def without_uuids(dumped):
    return [{**entry, "info": {k: v for k, v in entry["info"].items() if k != "info"}} for entry in dumped]


@pytest.mark.parametrize("kind", ["server", "durable_server"])
def test_a_database_comes_back(kind, request):
    server = request.getfixturevalue(kind)
    with pymongo.MongoClient(server.uri) as client:
        fill(client.source)
        dumped = dump(client, "source")
        assert {entry["info"]["name"] for entry in dumped} == {"plain", "checked", "capped", "clustered", "view"}
        restore(client, "target", dumped)
        assert without_uuids(dump(client, "target")) == without_uuids(dumped)
        assert [d["_id"] for d in client.target.capped.find()] == [6, 5, 4, 3, 2]
        assert client.target.view.count_documents({}) == 2
        assert all(client.target.command("validate", name)["valid"] for name in ("plain", "capped", "clustered"))


def test_the_log_can_be_dumped(server):
    """mongodump --oplog: the newest and the oldest entry, then a range by time."""
    with pymongo.MongoClient(server.uri) as client:
        client.d.c.insert_many([{"_id": i} for i in range(3)])
        log = client.local["oplog.rs"]
        newest = log.find_one(sort=[("$natural", -1)])
        assert set(newest) >= {"ts", "t", "v", "op", "ns", "ui", "o"}
        oldest = log.find_one(sort=[("$natural", 1)])
        assert oldest["ts"] < newest["ts"]
        entries = list(log.find({"ts": {"$gte": oldest["ts"], "$lte": newest["ts"]}, "ns": re.compile("^d\\.")},
                                oplog_replay=True))
        assert [entry["o"]["_id"] for entry in entries if entry["op"] == "i"] == [0, 1, 2]
        assert client.config.transactions.count_documents({}) == 0
