# SPDX-License-Identifier: Apache-2.0
"""Messages that no client sends: the connection gets an error or is closed, the server lives."""
import random
import socket
import struct
import sys
import time
import zlib
from pathlib import Path

import bson
import pymongo
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))

from freshet_server import FreshetServer  # noqa: E402

SEED = random.randrange(1 << 30)
MSG, QUERY, COMPRESSED = 2013, 2004, 2012


@pytest.fixture(scope="module")
def server():
    with FreshetServer() as running:
        yield running


def frame(body, op=MSG, length=None, request_id=7):
    return struct.pack("<iiii", 16 + len(body) if length is None else length, request_id, 0, op) + body


def command(document, flags=0, extra=b""):
    return frame(struct.pack("<I", flags) + b"\x00" + bson.encode(document) + extra)


PING = {"ping": 1, "$db": "admin"}


def exchange(server, data, wait_s=2.0, close=True):
    """What comes back, b"" when the server closes the connection."""
    with socket.create_connection((server.host, server.port), timeout=wait_s) as sock:
        sock.sendall(data)
        if close:
            sock.shutdown(socket.SHUT_WR)
        received = b""
        try:
            while chunk := sock.recv(65536):
                received += chunk
        except (socket.timeout, ConnectionResetError):
            pass
        return received


def alive(server):
    assert server.running
    assert pymongo.MongoClient(server.direct_uri, serverSelectionTimeoutMS=10000).admin.command("ping")["ok"] == 1


def nested(depth):
    """depth documents, each in the one before, without recursion."""
    inner = b"\x05\x00\x00\x00\x00"
    for _ in range(depth):
        inner = struct.pack("<i", len(inner) + 4 + 3 + 1) + b"\x03a\x00" + inner + b"\x00"
    return inner


BODY = struct.pack("<I", 0) + b"\x00" + bson.encode(PING)
CASES = {
    "nothing": b"",
    "half a header": frame(BODY)[:9],
    "truncated body": frame(BODY)[:-5],
    "length zero": frame(BODY, length=0),
    "length below the header": frame(BODY, length=15),
    "negative length": frame(BODY, length=-1),
    "huge length": frame(BODY, length=0x7FFFFFFF),
    "above the message limit": frame(BODY, length=48_000_001),
    "unknown opcode": frame(BODY, op=4711),
    "reply as request": frame(BODY, op=1),
    "no section": frame(struct.pack("<I", 0)),
    "unknown section": frame(struct.pack("<I", 0) + b"\x05" + bson.encode(PING)),
    "unknown required flag": frame(struct.pack("<I", 1 << 9) + b"\x00" + bson.encode(PING)),
    "two bodies": frame(BODY + b"\x00" + bson.encode(PING)),
    "sequence too long": frame(BODY + b"\x01" + struct.pack("<i", 1 << 30) + b"documents\x00"),
    "sequence negative": frame(BODY + b"\x01" + struct.pack("<i", -4) + b"documents\x00"),
    "sequence without end": frame(BODY + b"\x01" + struct.pack("<i", 12) + b"document"),
    "wrong checksum": frame(struct.pack("<I", 1) + b"\x00" + bson.encode(PING) + b"\x01\x02\x03\x04"),
    "document length lies": frame(struct.pack("<I", 0) + b"\x00" + struct.pack("<i", 9999) + bson.encode(PING)[4:]),
    "document length negative": frame(struct.pack("<I", 0) + b"\x00" + struct.pack("<i", -9) + bson.encode(PING)[4:]),
    "bad type byte": frame(struct.pack("<I", 0) + b"\x00" + bson.encode(PING).replace(b"\x10ping", b"\x3fping")),
    "too deep": frame(struct.pack("<I", 0) + b"\x00" + nested(5000)),
    "very deep": frame(struct.pack("<I", 0) + b"\x00" + nested(200_000)),
    "query on a collection": frame(struct.pack("<i", 0) + b"a.b\x00" + struct.pack("<ii", 0, -1) + bson.encode({}), op=QUERY),
    "query without end": frame(struct.pack("<i", 0) + b"admin.$cmd", op=QUERY),
    "unknown compressor": frame(struct.pack("<iib", MSG, len(BODY), 99) + BODY, op=COMPRESSED),
    "bad zlib": frame(struct.pack("<iib", MSG, len(BODY), 2) + b"not zlib at all", op=COMPRESSED),
    "zlib of another size": frame(struct.pack("<iib", MSG, 10, 2) + zlib.compress(BODY), op=COMPRESSED),
    "zlib bomb": frame(struct.pack("<iib", MSG, 0x7FFFFFF0, 2) + zlib.compress(b"\0" * (1 << 26)), op=COMPRESSED),
    "compressed in compressed": frame(struct.pack("<iib", COMPRESSED, len(BODY), 0) + BODY, op=COMPRESSED),
    "no $db": command({"ping": 1}),
    "$db of another type": command({"ping": 1, "$db": 5}),
    "empty command": command({}),
}


@pytest.mark.parametrize("name", CASES)
def test_malformed(server, name):
    exchange(server, CASES[name])
    alive(server)


def test_half_a_message_waits_without_harm(server):
    """A sender that stops in the middle keeps its own connection busy and nobody else's."""
    with socket.create_connection((server.host, server.port)) as sock:
        sock.sendall(frame(BODY, length=40_000_000)[:100])
        time.sleep(0.2)
        before = server.rss_kb()
        alive(server)
        assert server.rss_kb() - before < 20_000


def test_random_bytes(server):
    chance = random.Random(SEED)
    for _ in range(60):
        exchange(server, chance.randbytes(chance.randrange(1, 400)), wait_s=1)
    alive(server)


def test_mutated_messages(server):
    chance = random.Random(SEED + 1)
    documents = [
        {"find": "c", "filter": {"a": {"$gt": 1, "$in": [1, 2]}}, "sort": {"a": 1}, "$db": "t"},
        {"insert": "c", "documents": [{"_id": 1, "s": "text", "d": {"x": [1, 2.5, None]}}], "$db": "t"},
        {"update": "c", "updates": [{"q": {"_id": 1}, "u": {"$set": {"a.b": 1}}, "upsert": True}], "$db": "t"},
        {"aggregate": "c", "pipeline": [{"$changeStream": {}}, {"$match": {"a": 1}}], "cursor": {}, "$db": "t"},
        {"aggregate": "c", "pipeline": [{"$group": {"_id": "$a", "n": {"$sum": {"$add": [1, "$b"]}}}}], "cursor": {}, "$db": "t"},
        {"hello": 1, "client": {"application": {"name": "x"}}, "$db": "admin"},
    ]
    for _ in range(400):
        message = bytearray(command(chance.choice(documents)))
        for _ in range(chance.randrange(1, 4)):
            message[chance.randrange(16, len(message))] = chance.randrange(256)
        exchange(server, bytes(message), wait_s=1)
    print("seed", SEED)
    alive(server)


VALUES = [None, 1, -1, 1 << 62, 1.5, float("nan"), float("inf"), "", "text", "a\0b", b"bytes", True, {}, {"a": 1}, {"$x": 1}, [],
          [1, {"a": 2}], bson.ObjectId(), bson.Timestamp(1, 1), bson.Regex("a", "i"), bson.MinKey(), bson.MaxKey(),
          bson.Decimal128("1.5"), bson.Code("x"), bson.Code("x", {}), bson.Int64(5)]
FIELDS = {
    "aggregate": {"pipeline": [], "cursor": {}, "explain": False, "allowDiskUse": True, "hint": "x", "collation": {"locale": "en"}, "let": {}},
    "collMod": {"validator": {}, "index": {}, "validationLevel": "off"},
    "count": {"query": {}, "limit": 1, "skip": 1, "hint": {}},
    "create": {"capped": True, "size": 4096, "validator": {}, "viewOn": "x", "pipeline": []},
    "createIndexes": {"indexes": [{"key": {"a": 1}, "name": "a_1"}]},
    "delete": {"deletes": [{"q": {}, "limit": 0}], "ordered": True},
    "distinct": {"key": "a", "query": {}},
    "drop": {}, "dropIndexes": {"index": "*"},
    "explain": {"verbosity": "queryPlanner"},
    "find": {"filter": {}, "sort": {}, "projection": {}, "hint": {}, "skip": 1, "limit": 1, "batchSize": 1, "singleBatch": True,
             "min": {}, "max": {}, "collation": {}, "let": {}, "tailable": False, "awaitData": False},
    "findAndModify": {"query": {}, "update": {}, "remove": False, "new": True, "upsert": False, "sort": {}, "fields": {}},
    "getMore": {"collection": "c", "batchSize": 1},
    "getLog": {}, "getParameter": {}, "hello": {"topologyVersion": {}, "maxAwaitTimeMS": 1, "compression": []},
    "insert": {"documents": [{}], "ordered": True}, "isMaster": {"client": {}},
    "killCursors": {"cursors": [1]}, "killOp": {"op": 1}, "listCollections": {"filter": {}, "nameOnly": True, "cursor": {}},
    "listDatabases": {"filter": {}, "nameOnly": True}, "listIndexes": {"cursor": {}},
    "renameCollection": {"to": "t.x", "dropTarget": False},
    "update": {"updates": [{"q": {}, "u": {}}], "ordered": True}, "validate": {"full": True},
}
GENERIC = ["lsid", "txnNumber", "maxTimeMS", "readConcern", "writeConcern", "comment", "autocommit", "apiVersion", "$readPreference"]


def test_text_that_is_not_utf8(server):
    """It may be stored in documents. Names refuse it, and no reply but the document itself shows it."""
    bad = b"\xff\xfe"
    with socket.create_connection((server.host, server.port), timeout=30) as sock:
        for document in [{"insert": "c", "documents": [{"_id": 1}], "$db": "NAME"},
                         {"insert": "NAME", "documents": [{"_id": 1}], "$db": "utf"},
                         {"create": "NAME", "$db": "utf"},
                         {"renameCollection": "utf.c", "to": "utf.NAME", "$db": "admin"},
                         {"createIndexes": "c", "indexes": [{"key": {"a": 1}, "name": "NAME"}], "$db": "utf"},
                         {"NAME": 1, "$db": "utf"},
                         {"find": "c", "filter": {"$NAME": 1}, "$db": "utf"}]:
            sock.sendall(frame(struct.pack("<I", 0) + b"\x00" + renamed(bson.encode(document), bad)))
            (length,) = struct.unpack_from("<i", sock.recv(16, socket.MSG_WAITALL))
            reply = bson.decode(sock.recv(length - 16, socket.MSG_WAITALL)[5:])
            assert reply["ok"] == 0.0, document
    client = pymongo.MongoClient(server.direct_uri)
    client.list_databases()
    assert client.utf.list_collection_names() == []


def renamed(encoded, bad):
    """The document with `bad` and two letters for each NAME, so that no length changes."""
    return encoded.replace(b"NAME", bad + b"xx")


def test_wrong_types_everywhere(server):
    """Every command, every type in every field: an error or ok, on a connection that stays."""
    client = pymongo.MongoClient(server.direct_uri, retryWrites=False, retryReads=False)
    names = set(client.admin.command("listCommands")["commands"]) - {"shutdown", "logRotate", "freshetBackup"}
    with socket.create_connection((server.host, server.port), timeout=30) as sock:
        for name in sorted(names):
            fields = {**FIELDS.get(name, {}), **dict.fromkeys(GENERIC)}
            for field in [None, *fields]:
                for value in VALUES:
                    document = {name: "c", **{k: v for k, v in fields.items() if v is not None}, "$db": "admin"}
                    document[field or name] = value
                    sock.sendall(command(document))
                    header = sock.recv(16, socket.MSG_WAITALL)
                    assert len(header) == 16, f"connection lost at {name}.{field} = {value!r}"
                    (length,) = struct.unpack_from("<i", header)
                    reply = sock.recv(length - 16, socket.MSG_WAITALL)
                    decoded = bson.decode(reply[5:])
                    assert decoded["ok"] in (0.0, 1.0)
                    if decoded["ok"] == 0.0:
                        assert decoded["code"] != 1, f"internal error at {name}.{field} = {value!r}: {decoded['errmsg']}"
    alive(server)


def test_text_that_is_not_utf8_spoils_no_listing(server):
    """A driver refuses a whole reply for one bad string: what clients sent is shown in words it can read."""
    client = pymongo.MongoClient(server.direct_uri)
    stream = command({"aggregate": "c", "cursor": {}, "$db": "bad", "comment": "QQ",
                      "pipeline": [{"$changeStream": {}}, {"$match": {"QQ": "QQ"}}]}).replace(b"QQ", b"Q\xcc")
    with socket.create_connection((server.host, server.port), timeout=10) as sock:
        sock.sendall(stream)
        assert b"firstBatch" in sock.recv(4096)
        mine = [shown for shown in client.admin.command("freshetStreams")["streams"] if shown["ns"] == "bad.c"]
        assert mine[0]["comment"] == "Q\ufffd" and mine[0]["filter"] == [{"$match": {"Q\ufffd": "Q\ufffd"}}]
        idle = list(client.admin.aggregate([{"$currentOp": {"idleCursors": True}}]))
        assert any(entry.get("ns") == "bad.c" for entry in idle)
        client.bad.command("profile", 2)
        sock.sendall(stream)
        assert b"firstBatch" in sock.recv(4096)
        client.bad.command("profile", 0)
        assert any(entry["command"].get("comment") == "Q\ufffd" for entry in client.bad["system.profile"].find())


def test_limits(server):
    client = pymongo.MongoClient(server.direct_uri)
    collection = client.limits.c
    reply = client.limits.command({"insert": "c", "documents": [{"pad": "x" * (16 * 1024 * 1024 + 100)}]})
    assert reply["writeErrors"][0]["code"] == 10334 and reply["n"] == 0
    collection.insert_one({"pad": "x" * (16 * 1024 * 1024 - 100)})
    with pytest.raises(pymongo.errors.OperationFailure) as caught:
        client.limits.command("insert", "c", documents=[])
    assert caught.value.code in (16, 2)
    with pytest.raises(pymongo.errors.OperationFailure) as caught:
        collection.update_one({}, {"$push": {"more": "x" * (1 << 20)}})
    assert caught.value.code in (17419, 17420, 10334)
    alive(server)
