# SPDX-License-Identifier: Apache-2.0
"""The monitor's hello: when it waits, for how long, and how a stream of replies hangs together."""
import struct
import sys
import time
from pathlib import Path

import bson
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))

from freshet_server import FreshetServer  # noqa: E402
from raw_client import EXHAUST_ALLOWED, MORE_TO_COME, RawClient  # noqa: E402


@pytest.fixture(scope="module")
def server():
    with FreshetServer() as running:
        yield running


@pytest.fixture
def client(server):
    with RawClient(server) as connected:
        yield connected


def hello(client, **fields):
    return client.call({"hello": 1, **fields, "$db": "admin"})


def timed(call, *args, **kwargs):
    began = time.monotonic()
    reply = call(*args, **kwargs)
    return time.monotonic() - began, reply


def test_types(client):
    reply = hello(client)
    assert type(reply["ok"]) is float and type(reply["isWritablePrimary"]) is bool
    for name in ("maxBsonObjectSize", "maxMessageSizeBytes", "maxWriteBatchSize", "minWireVersion", "maxWireVersion"):
        assert type(reply[name]) is int, name
    assert type(reply["topologyVersion"]["counter"]) is bson.Int64
    assert type(reply["electionId"]) is bson.ObjectId
    assert "helloOk" not in reply
    legacy = client.call({"isMaster": 1, "helloOk": True, "$db": "admin"})
    assert legacy["ismaster"] is True and legacy["helloOk"] is True


def test_waits_only_when_the_client_knows_the_present(client):
    version = hello(client)["topologyVersion"]
    waited, _ = timed(hello, client, topologyVersion=version, maxAwaitTimeMS=400)
    assert waited >= 0.4
    for other in ({**version, "processId": bson.ObjectId()}, {**version, "counter": bson.Int64(version["counter"] - 1)}):
        waited, reply = timed(hello, client, topologyVersion=other, maxAwaitTimeMS=20_000)
        assert waited < 10 and reply["ok"] == 1
    for alone in ({"topologyVersion": version}, {"maxAwaitTimeMS": 100}):
        assert hello(client, **alone)["ok"] == 0


def test_any_number_is_a_wait(client):
    version = hello(client)["topologyVersion"]
    for wait in (100, 100.0, bson.Int64(100), bson.Decimal128("100")):
        waited, reply = timed(hello, client, topologyVersion=version, maxAwaitTimeMS=wait)
        assert reply["ok"] == 1 and 0.1 <= waited < 10
    assert hello(client, topologyVersion=version, maxAwaitTimeMS=-1)["ok"] == 0


def test_a_wait_for_ever_is_one(server, client):
    """Not an overflow that ends at once, again and again."""
    version = hello(client)["topologyVersion"]
    client.send({"hello": 1, "topologyVersion": version, "maxAwaitTimeMS": bson.Int64((1 << 63) - 1), "$db": "admin"},
                EXHAUST_ALLOWED)
    client.socket.settimeout(0.5)
    with pytest.raises(TimeoutError):
        client.receive()
    before = server.cpu_seconds()
    time.sleep(0.5)
    assert server.cpu_seconds() - before < 0.1


def headers(client):
    """The next reply: requestID, responseTo, flags, document."""
    head = client._take(16)
    length, request_id, response_to, _ = struct.unpack("<iiii", head)
    body = client._take(length - 16)
    return request_id, response_to, struct.unpack("<I", body[:4])[0], bson.decode(body[5:])


def test_stream_of_replies(client):
    """Each answers the one before; the interval is the client's; the end has no further one."""
    version = hello(client)["topologyVersion"]
    client.send({"hello": 1, "topologyVersion": version, "maxAwaitTimeMS": 150, "$db": "admin"}, EXHAUST_ALLOWED)
    began = time.monotonic()
    previous = 1
    for _ in range(4):
        request_id, response_to, flags, reply = headers(client)
        assert reply["ok"] == 1 and response_to == previous and flags & MORE_TO_COME
        previous = request_id
    assert time.monotonic() - began >= 0.6


def test_stream_ends_with_the_server():
    with FreshetServer() as server, RawClient(server) as client:
        version = hello(client)["topologyVersion"]
        client.send({"hello": 1, "topologyVersion": version, "maxAwaitTimeMS": 60_000, "$db": "admin"}, EXHAUST_ALLOWED)
        time.sleep(0.2)
        server.process.terminate()
        _, _, flags, reply = headers(client)
        assert reply["ok"] == 0 and reply["code"] == 11600 and "topologyVersion" in reply
        assert not flags & MORE_TO_COME
        assert server.process.wait(10) == 0
