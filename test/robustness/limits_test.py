# SPDX-License-Identifier: Apache-2.0
"""Each named limit is shown, is kept, and says so where it is met."""
import sys
from contextlib import contextmanager
from pathlib import Path

import bson
import pymongo
import pytest
from pymongo.errors import OperationFailure

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))

from faults import Faults  # noqa: E402
from freshet_server import FreshetServer, wait_until  # noqa: E402
from raw_client import RawClient, message  # noqa: E402

EXCEEDED_MEMORY, TOO_MANY_SESSIONS = 146, 261
FIXED = {"documentBytesMax": 16 << 20, "indexFieldsMax": 32, "indexesPerCollectionMax": 64, "keyBytesMax": 1024,
         "pipelineStagesMax": 1000, "stageMemoryBytesMax": 100 << 20}
SMALLEST_TOTAL = 48_000_000  # of receiveBytesMax and sendBytesMax: one message must fit


@contextmanager
def limited(durable=False, faults=None, **limits):
    args = [word for name, value in limits.items() for word in ("--setParameter", f"{name}={value}")]
    with FreshetServer(durable=durable, args=args, start=False) as server:
        if faults:
            faults.attach(server)
        yield server.start()


def database(server):
    return pymongo.MongoClient(server.direct_uri).limits


def failure(call, *args, **kwargs):
    with pytest.raises(OperationFailure) as caught:
        call(*args, **kwargs)
    return caught.value


def usage(server):
    with RawClient(server) as client:
        return client.call({"serverStatus": 1, "$db": "admin"})


def test_shown_in_both_places():
    with limited(cursorsOpenMax=77, maxSessions=99) as server:
        shown = usage(server)["limits"]
        parameters = database(server).client.admin.command("getParameter", "*")
        assert len(shown) > 30
        for name, value in shown.items():
            assert parameters[name] == value, name
        assert shown["cursorsOpenMax"] == 77 and shown["sessionsMax"] == 99
        assert {name: shown[name] for name in FIXED} == FIXED
        refused = failure(database(server).client.admin.command, "setParameter", 1, cursorsOpenMax=1)
        assert refused.code == 20


def test_connections():
    with limited(connectionsMax=5) as server:
        clients = [RawClient(server) for _ in range(5)]
        for client in clients:
            assert client.call({"ping": 1, "$db": "admin"})["ok"] == 1
        with RawClient(server) as refused:
            assert refused.closed_by_server()
        status = clients[0].call({"serverStatus": 1, "$db": "admin"})["connections"]
        assert status["current"] == 5 and status["available"] == 0 and status["rejected"] == 1
        clients.pop().close()
        wait_until(lambda: clients[0].call({"serverStatus": 1, "$db": "admin"})["connections"]["current"] == 4)
        with RawClient(server) as admitted:
            assert admitted.call({"ping": 1, "$db": "admin"})["ok"] == 1
        for client in clients:
            client.close()


def test_unfinished_requests_together():
    """Who goes beyond loses the connection; those before keep what they have."""
    with limited(receiveBytesMax=SMALLEST_TOTAL) as server:
        half = message({"insert": "c", "documents": [{"pad": b"x" * 15_000_000}], "$db": "limits"})[:-1]
        clients = [RawClient(server) for _ in range(4)]
        for client in clients[:3]:
            client.socket.sendall(half)
        wait_until(lambda: usage(server)["freshet"]["receiveBytes"] == 3 * len(half), what="what was sent")
        try:
            clients[3].socket.sendall(half)
        except ConnectionError:
            pass
        assert clients[3].closed_by_server()
        clients[0].socket.sendall(b"\0")
        assert clients[0].receive()["n"] == 1
        for client in clients:
            client.close()
        wait_until(lambda: usage(server)["freshet"]["receiveBytes"] == 0, what="that nothing is held")


def outcome(client):
    """Who is refused is told, unless his request was not complete yet."""
    try:
        reply = client.receive()
        if reply["ok"] == 1:
            return "inserted" if reply["n"] == 1 else reply
        assert reply["code"] == EXCEEDED_MEMORY and "receiveBytesMax" in reply["errmsg"]
        assert client.closed_by_server()
    except (EOFError, ConnectionResetError):
        pass
    finally:
        client.close()
    return "refused"


def test_requests_that_wait_together():
    """Whole requests count as well for as long as they are not answered."""
    with Faults() as faults, limited(durable=True, faults=faults, receiveBytesMax=SMALLEST_TOTAL) as server:
        with RawClient(server) as first:
            assert first.call({"create": "c", "$db": "limits"})["ok"] == 1
        faults.begin("slow_sync")
        pad = b"x" * 200_000
        clients = []
        fit = SMALLEST_TOTAL // (len(pad) + 100)
        for number in range(fit + 5):
            client = RawClient(server)
            client.send({"insert": "c", "documents": [{"_id": number, "pad": pad}], "$db": "limits"})
            clients.append(client)
        wait_until(lambda: server.log_text().count("receiveBytesMax") == 5, what="five refusals")
        wait_until(lambda: usage(server)["freshet"]["commandsParked"] == fit, timeout=60, what="the others waiting")
        faults.end("slow_sync")
        outcomes = [outcome(client) for client in clients]
        assert outcomes.count("inserted") == fit and outcomes.count("refused") == 5
        wait_until(lambda: usage(server)["freshet"]["receiveBytes"] == 0, what="that nothing is held")


def test_replies_that_are_not_read():
    with limited(sendBytesMax=SMALLEST_TOTAL) as server:
        collection = database(server).c
        collection.insert_many([{"_id": number, "pad": b"x" * 3_900_000} for number in range(4)])
        slow = [RawClient(server, receive_buffer=4096) for _ in range(5)]
        for client in slow:
            client.send({"find": "c", "$db": "limits"})
        wait_until(lambda: "sendBytesMax" in server.log_text(), what="a closed connection")
        # Said before it is done.
        wait_until(lambda: 0 < usage(server)["freshet"]["sendBytes"] <= SMALLEST_TOTAL, what="that the limit is kept")
        assert len(collection.find_one()["pad"]) == 3_900_000, "who reads gets his replies"
        for client in slow:
            client.close()
        wait_until(lambda: usage(server)["freshet"]["sendBytes"] == 0, what="that nothing is held")


def test_parked_commands():
    with limited(parkedCommandsMax=3) as server:
        clients = [RawClient(server) for _ in range(4)]
        cursors = [client.open_stream("limits", "c") for client in clients]
        for client, cursor in zip(clients[:3], cursors):
            client.send_get_more(cursor, "limits", "c", 60_000)
        wait_until(lambda: usage(server)["freshet"]["commandsParked"] == 3, what="three that wait")
        clients[3].send_get_more(cursors[3], "limits", "c", 60_000)
        assert clients[3].receive()["code"] == EXCEEDED_MEMORY
        assert clients[3].call({"ping": 1, "$db": "admin"})["ok"] == 1
        for client in clients:
            client.close()
        wait_until(lambda: usage(server)["freshet"]["commandsParked"] == 0, what="that nobody waits")


def test_cursors_and_streams():
    with limited(cursorsOpenMax=3, streamsOpenMax=2) as server:
        collection = database(server).c
        collection.insert_many([{} for _ in range(10)])
        streams = [collection.watch() for _ in range(2)]
        assert "streamsOpenMax" in str(failure(collection.watch))
        with collection.find(batch_size=2) as cursor:
            next(cursor)
            assert "cursorsOpenMax" in str(failure(lambda: next(collection.find(batch_size=2))))
        for stream in streams:
            stream.close()
        collection.watch().close()


def test_idle_cursors():
    with limited(cursorIdleMsMax=500) as server:
        collection = database(server).c
        collection.insert_many([{} for _ in range(10)])
        cursor = collection.find(batch_size=2)
        next(cursor)
        wait_until(lambda: usage(server)["metrics"]["cursor"]["timedOut"] == 1, timeout=30, what="the expiry")
        assert failure(list, cursor).code == 43


def test_sessions():
    with limited(maxSessions=2, localLogicalSessionTimeoutMinutes=7) as server:
        with RawClient(server) as client:
            assert client.call({"hello": 1, "$db": "admin"})["logicalSessionTimeoutMinutes"] == 7
            replies = [client.call({"startSession": 1, "$db": "admin"}) for _ in range(3)]
            assert [reply.get("timeoutMinutes") for reply in replies] == [7, 7, None]
            assert replies[2]["code"] == TOO_MANY_SESSIONS and "sessionsMax" in replies[2]["errmsg"]


def test_memory_of_a_command():
    with limited(commandMemoryBytesMax=1 << 20) as server:
        collection = database(server).c
        collection.insert_many([{"a": str(number) + "x" * 1000} for number in range(2000)])
        assert failure(collection.distinct, "a").code == EXCEEDED_MEMORY
        assert collection.count_documents({}) == 2000


def test_sizes():
    with limited(messageBytesMax=1 << 20, batchCountMax=3, nestingDepthMax=20, replyBatchBytesMax=64 << 10,
                 txnBytesMax=1 << 20) as server:
        collection = database(server).c
        with RawClient(server) as client:
            hello = client.call({"hello": 1, "$db": "admin"})
            assert hello["maxMessageSizeBytes"] == 1 << 20 and hello["maxWriteBatchSize"] == 3
            reply = client.call({"insert": "c", "documents": [{} for _ in range(4)], "$db": "limits"})
            assert reply["ok"] == 0 and reply["code"] == 16
            nested = {}
            for _ in range(30):
                nested = {"a": nested}
            reply = client.call({"insert": "c", "documents": [nested], "$db": "limits"})
            assert reply["ok"] == 0 and reply["code"] == 15
            client.send({"insert": "c", "documents": [{"pad": b"x" * (1 << 20)}], "$db": "limits"})
            assert client.closed_by_server()
        collection.insert_many([{"pad": b"x" * 1000} for _ in range(500)])  # in batches of three
        batch = collection.database.command("find", "c", batchSize=500)["cursor"]["firstBatch"]
        assert 1 < len(batch) < 70
