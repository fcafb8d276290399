# SPDX-License-Identifier: Apache-2.0
"""SIGTERM and SIGINT: clients are told, and the process is gone within a second."""

import signal
import sys
import time
from pathlib import Path

import pymongo
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))
from freshet_server import FreshetServer, wait_until  # noqa: E402
from raw_client import RawClient  # noqa: E402

INTERRUPTED_AT_SHUTDOWN = 11600


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_stops_within_a_second_with_open_streams(how):
    with FreshetServer() as server:
        waiting = [RawClient(server) for _ in range(50)]
        idle = [RawClient(server) for _ in range(50)]
        for client in waiting:
            cursor = client.open_stream("test", "c")
            client.send_get_more(cursor, "test", "c", 60_000)
        wait_until(lambda: status(idle[0])["freshet"]["commandsParked"] == len(waiting),
                   what="all streams waiting")
        began = time.monotonic()
        server.process.send_signal(how)
        assert server.process.wait(10) == 0
        assert time.monotonic() - began < 1.0
        for client in waiting:  # an error that lets drivers resume
            reply = client.receive()
            assert reply["code"] == INTERRUPTED_AT_SHUTDOWN
            assert reply["errorLabels"] == ["ResumableChangeStreamError"]
            assert client.closed_by_server()
        for client in idle:
            assert client.closed_by_server()
        for client in waiting + idle:
            client.close()


def status(client):
    return client.call({"serverStatus": 1, "$db": "admin"})


def test_clients_that_do_not_read_are_not_waited_for():
    with FreshetServer() as server:
        with RawClient(server) as writer:
            for number in range(8):
                assert writer.call({"insert": "c", "documents": [{"_id": number, "pad": b"x" * 4_000_000}],
                                    "$db": "test"})["ok"] == 1
        slow = [RawClient(server, receive_buffer=4096) for _ in range(4)]
        for client in slow:
            client.send({"find": "c", "$db": "test"})
        with RawClient(server) as watcher:
            wait_until(lambda: status(watcher)["freshet"]["sendBytes"] > 0, what="replies that are not read")
        began = time.monotonic()
        server.process.terminate()
        assert server.process.wait(10) == 0
        assert time.monotonic() - began < 1.0
        for client in slow:
            client.close()


def test_shutdown_command():
    with FreshetServer(durable=True) as server:
        client = pymongo.MongoClient(server.direct_uri)
        client.test.c.insert_one({"_id": 1})
        try:
            client.admin.command("shutdown")
        except pymongo.errors.AutoReconnect:
            pass
        assert server.process.wait(10) == 0
        server.start()
        assert pymongo.MongoClient(server.direct_uri).test.c.find_one() == {"_id": 1}
