# SPDX-License-Identifier: Apache-2.0
"""What drivers rely on in the protocol itself: forms of a message, forms of a reply, what is tolerated."""
import socket
import struct
import sys
import uuid
import zlib
from pathlib import Path

import bson
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))

from crc32c import crc32c  # noqa: E402
from freshet_server import FreshetServer, wait_until  # noqa: E402
import raw_client  # noqa: E402
from raw_client import MORE_TO_COME, RawClient, message  # noqa: E402

REPLY, QUERY, COMPRESSED, MSG = 1, 2004, 2012, 2013
NOOP, ZLIB = 0, 2
PING = {"ping": 1, "$db": "admin"}


@pytest.fixture(scope="module")
def server():
    with FreshetServer() as running:
        yield running


@pytest.fixture
def client(server):
    with RawClient(server) as connected:
        connected.call({"dropDatabase": 1, "$db": "p"})
        yield connected


def frame(op, body, request_id=7):
    return struct.pack("<iiii", 16 + len(body), request_id, 0, op) + body


def sections(*parts, flags=0):
    return frame(MSG, struct.pack("<I", flags) + b"".join(parts))


def body(document):
    return b"\0" + bson.encode(document)


def sequence(name, documents):
    return raw_client.sequence(name, map(bson.encode, documents))


def exchange(client, data):
    """Sends; the reply's opcode, responseTo and what follows the header."""
    client.socket.sendall(data)
    head = client._take(16)
    length, _, response_to, op = struct.unpack("<iiii", head)
    return op, response_to, client._take(length - 16)


def document_of(reply):
    return bson.decode(reply[5:])


def query(namespace, command, flags=0, count=-1):
    return frame(QUERY, struct.pack("<i", flags) + namespace + b"\0" + struct.pack("<ii", 0, count) + bson.encode(command))


def compressed(data, compressor):
    content = data[16:]
    packed = zlib.compress(content) if compressor == ZLIB else content
    return frame(COMPRESSED, struct.pack("<iib", MSG, len(content), compressor) + packed)


def test_sections_in_any_order(client):
    insert, documents = body({"insert": "c", "$db": "p"}), sequence("documents", [{"_id": 1}, {"_id": 2}])
    assert document_of(exchange(client, sections(insert, documents))[2])["n"] == 2
    documents = sequence("documents", [{"_id": 3}])
    assert document_of(exchange(client, sections(documents, insert))[2])["n"] == 1
    updates = sequence("updates", [{"q": {"_id": 1}, "u": {"$set": {"a": 1}}}])
    assert document_of(exchange(client, sections(updates, body({"update": "c", "$db": "p"})))[2])["nModified"] == 1
    deletes = sequence("deletes", [{"q": {}, "limit": 0}])
    assert document_of(exchange(client, sections(deletes, body({"delete": "c", "$db": "p"})))[2])["n"] == 3


def test_arrays_do_as_well(client):
    assert client.call({"insert": "c", "documents": [{"_id": 1}, {"_id": 2}], "$db": "p"})["n"] == 2
    assert client.call({"update": "c", "updates": [{"q": {}, "u": {"$set": {"a": 1}}, "multi": True}], "$db": "p"})["n"] == 2
    assert client.call({"delete": "c", "deletes": [{"q": {}, "limit": 1}], "$db": "p"})["n"] == 1


@pytest.mark.parametrize("value", [1, 1.0, True, "1"])
def test_first_value(client, value):
    assert client.call({"buildInfo": value, "$db": "admin"})["ok"] == 1
    assert client.call({"ping": value, "$db": "admin"})["ok"] == 1


def test_both_spellings(client):
    for name in ("isMaster", "ismaster", "hello", "buildInfo", "buildinfo"):
        assert client.call({name: 1, "$db": "admin"})["ok"] == 1, name
    client.call({"create": "c", "$db": "p"})
    for command in ({"dbStats": 1}, {"dbstats": 1}, {"collStats": "c"}, {"collstats": "c"},
                    {"findAndModify": "c", "remove": True}, {"findandmodify": "c", "remove": True}):
        assert client.call({**command, "$db": "p"})["ok"] == 1, command
    unknown = client.call({"ISMASTER": 1, "$db": "admin"})
    assert unknown["code"] == 59 and unknown["errmsg"].startswith("no such command: 'ISMASTER'")


def test_every_reply_tells_the_time(client):
    for reply in (client.call(PING), client.call({"nothing": 1, "$db": "admin"})):
        assert type(reply["operationTime"]) is bson.Timestamp
        cluster = reply["$clusterTime"]
        assert type(cluster["clusterTime"]) is bson.Timestamp
        assert cluster["signature"] == {"hash": bytes(20), "keyId": 0}
        assert type(cluster["signature"]["keyId"]) is bson.Int64
        assert type(reply["ok"]) is float


def test_a_clients_time_moves_nothing(client):
    before = client.call(PING)["operationTime"]
    ahead = {"clusterTime": bson.Timestamp(before.time + 10_000_000, 1), "signature": {"hash": b"x" * 20, "keyId": bson.Int64(9)}}
    reply = client.call({**PING, "$clusterTime": ahead})
    assert reply["ok"] == 1 and reply["operationTime"] <= bson.Timestamp(before.time + 100, 1)
    assert client.call({"insert": "c", "documents": [{}], "$db": "p", "$clusterTime": ahead})["operationTime"].time < before.time + 100


def test_global_arguments_are_taken_everywhere(client):
    lsid = {"id": bson.Binary.from_uuid(uuid.uuid4())}
    for command in ({"ping": 1}, {"find": "c"}, {"listCollections": 1}, {"count": "c"}):
        reply = client.call({**command, "lsid": lsid, "comment": {"any": 1}, "$readPreference": {"mode": "primary"},
                             "maxTimeMS": 5000, "apiVersion": "1", "$db": "p"})
        assert reply["ok"] == 1, (command, reply)


def test_unacknowledged_writes_get_no_reply(client):
    insert = {"insert": "c", "documents": [{"_id": 1}], "writeConcern": {"w": 0}, "$db": "p"}
    client.send(insert, MORE_TO_COME)
    client.send(insert, MORE_TO_COME)  # fails, and nobody is told
    client.send({"nothing": 1, "$db": "p"}, MORE_TO_COME)
    client.send({"endSessions": [], "writeConcern": {"w": 0}, "$db": "admin"}, MORE_TO_COME)
    op, response_to, reply = exchange(client, frame(MSG, message({"count": "c", "$db": "p"})[16:], request_id=99))
    assert response_to == 99 and document_of(reply)["n"] == 1


def test_checksum_is_answered_with_one(client):
    data = bytearray(message(PING, flags=1))
    struct.pack_into("<i", data, 0, len(data) + 4)
    data += struct.pack("<I", crc32c(bytes(data)))
    client.socket.sendall(data)
    reply = client._take(16)
    reply += client._take(struct.unpack("<i", reply[:4])[0] - 16)
    assert struct.unpack("<I", reply[16:20])[0] & 1
    assert struct.unpack("<I", reply[-4:])[0] == crc32c(reply[:-4])


def test_flags_that_are_optional_are_ignored(client):
    assert document_of(exchange(client, message(PING, flags=1 << 20))[2])["ok"] == 1


@pytest.mark.parametrize("name", [b"isMaster", b"ismaster", b"hello", b"ping", b"buildInfo"])
@pytest.mark.parametrize("flags", [0, 4])
def test_handshake_by_op_query(client, name, flags):
    for command in ({name.decode(): 1}, {"$query": {name.decode(): 1}, "$readPreference": {"mode": "secondaryPreferred"}}):
        op, response_to, reply = exchange(client, query(b"admin.$cmd", command, flags))
        answer_flags, cursor, starting, count = struct.unpack("<iqii", reply[:20])
        assert (op, response_to, answer_flags, cursor, starting, count) == (REPLY, 7, 8, 0, 0, 1)
        assert bson.decode(reply[20:])["ok"] == 1


def test_nothing_else_by_op_query(client):
    reply = bson.decode(exchange(client, query(b"p.$cmd", {"find": "c"}))[2][20:])
    assert reply["ok"] == 0 and reply["code"] == 352
    assert client.call(PING)["ok"] == 1


def test_compressors_are_agreed_on(client):
    agreed = client.call({"hello": 1, "compression": ["lzma", "zstd", "snappy", "noop", "zlib"], "$db": "admin"})["compression"]
    assert agreed == ["zstd", "snappy", "zlib"], "in the client's order, what both know"
    assert "compression" not in client.call({"hello": 1, "compression": ["lzma"], "$db": "admin"})
    assert "compression" not in client.call({"hello": 1, "$db": "admin"})


@pytest.mark.parametrize("compressor", [NOOP, ZLIB])
def test_compressed_requests(client, compressor):
    op, response_to, reply = exchange(client, compressed(frame(MSG, message(PING)[16:]), compressor))
    assert response_to == 7
    if op == COMPRESSED:
        original, size, used = struct.unpack("<iib", reply[:9])
        assert original == MSG and used == compressor
        reply = zlib.decompress(reply[9:]) if used == ZLIB else reply[9:]
        assert len(reply) == size
    assert document_of(reply)["ok"] == 1
    op, _, reply = exchange(client, compressed(message({"hello": 1, "$db": "admin"}), compressor))
    assert op == MSG, "the handshake is never compressed"


def test_requests_are_answered_in_order(client):
    data = b"".join(frame(MSG, message({"ping": 1, "$db": "admin"})[16:], request_id=number) for number in range(1, 300))
    client.socket.sendall(data)
    for number in range(1, 300):
        head = client._take(16)
        length, _, response_to, _ = struct.unpack("<iiii", head)
        assert response_to == number
        client._take(length - 16)


def test_a_hang_up_ends_what_waits(server, client):
    with RawClient(server) as other:
        cursor = other.open_stream("p", "c")
        other.send_get_more(cursor, "p", "c", 60_000)

        def waiting():
            return client.call({"currentOp": 1, "command.getMore": {"$exists": True}, "$db": "admin"})["inprog"]

        wait_until(waiting, what="a getMore that waits")
        other.socket.shutdown(socket.SHUT_RDWR)
        wait_until(lambda: not waiting(), what="its end")


@pytest.mark.parametrize("way", ["killOp", "killSessions", "killCursors"])
def test_what_waits_can_be_ended(server, client, way):
    lsid = {"id": bson.Binary.from_uuid(uuid.uuid4())}
    with RawClient(server) as other:
        reply = other.call({"aggregate": "c", "pipeline": [{"$changeStream": {}}], "cursor": {}, "lsid": lsid, "$db": "p"})
        cursor = reply["cursor"]["id"]
        other.send({"getMore": bson.Int64(cursor), "collection": "c", "maxTimeMS": 60_000, "lsid": lsid, "$db": "p"})
        (running,) = wait_until(lambda: [entry for entry in client.call({"currentOp": 1, "$db": "admin"})["inprog"]
                                         if entry["command"].get("getMore") == cursor and entry["parked"]], what="the wait")
        assert client.call({"killOp": {"killOp": 1, "op": running["opid"]},
                            "killSessions": {"killSessions": [lsid]},
                            "killCursors": {"killCursors": "c", "cursors": [bson.Int64(cursor)]}}[way]
                           | {"$db": "p" if way == "killCursors" else "admin"})["ok"] == 1
        other.socket.settimeout(10)
        ended = other.receive()
        assert ended["ok"] == 0 and ended["code"] in (11601, 237), ended
