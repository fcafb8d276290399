# SPDX-License-Identifier: Apache-2.0
"""How long history is kept, who is told of its end, and when (issue: history; architecture, 5)."""
import json
import time

import pymongo
import pytest
from bson import Timestamp
from pymongo.errors import OperationFailure

from freshet_server import FreshetServer, wait_until
from raw_stream import RawStream, token_time, types

KB = 1 << 10


def start(*args):
    return FreshetServer(args=args)


def history(client):
    return client.admin.command("replSetGetStatus")["freshetHistory"]


def fill(db, bytes_, name="filler"):
    size = 10 * KB
    for _ in range(bytes_ // (100 * size) + 1):
        db[name].insert_many([{"x": "y" * size} for _ in range(100)])


def metrics(client):
    return client.admin.command("serverStatus")["metrics"]["changeStreams"]


def test_the_window_is_told(client, db):
    db.c.insert_one({"_id": 1})
    shown = history(client)
    assert shown == client.admin.command("freshetStreams")["history"]
    assert list(shown) == ["first", "last", "lastDropped", "windowSeconds", "entries", "bytes", "policy",
                           "bytesHeldForStreams"]
    assert shown["lastDropped"] == Timestamp(0, 0) < shown["first"] <= shown["last"]
    assert shown["policy"] == {"maxAgeSeconds": 86400, "maxBytes": 20 << 30}
    before = shown["bytes"], shown["entries"]
    fill(db, 1 << 20)
    shown = client.admin.command("serverStatus")["oplog"]["history"]
    assert shown["bytes"] - before[0] > 1 << 20 and shown["entries"] - before[1] == 201


def test_lost_history_names_both_times():
    with start("--history-size", "1MB", "--setParameter", "streamGraceMsMax=0") as server:
        with pymongo.MongoClient(server.uri) as client:
            db = client.d
            stream = RawStream(db, "c", first_batch=0)
            token = stream.token
            db.c.insert_one({"_id": 1})
            stream.close()
            fill(db, 4 << 20)
            wait_until(timeout=60, condition=lambda: history(client)["lastDropped"] > token_time(token))
            first = Timestamp(history(client)["lastDropped"].time, history(client)["lastDropped"].inc + 1)
            wanted = token_time(token)
            for options in ({"resumeAfter": token}, {"startAfter": token}, {"startAtOperationTime": wanted}):
                with pytest.raises(OperationFailure) as error:
                    RawStream(db, "c", **options)
                assert error.value.code == 286 and error.value.details["codeName"] == "ChangeStreamHistoryLost"
                text = str(error.value)
                assert "resume point" in text and "no longer be in the oplog" in text
                assert f"Timestamp({wanted.time}, {wanted.inc})" in text
                assert f"Timestamp({first.time}, {first.inc})" in text
                assert error.value.details["errorLabels"] == ["NonResumableChangeStreamError"]
            assert RawStream(db, "c", startAtOperationTime=first).open
            gap = RawStream(db, "c", resumeAfter=token, showErrorsAsEvents=True).drain()[0]
            assert gap["operationType"] == "error" and gap["error"]["code"] == 286
            assert gap["error"]["gap"]["firstAvailable"] == first
            assert RawStream(db, "c", resumeAfter=gap["_id"]).open
            assert metrics(client)["historyLost"] == 4


def test_a_token_on_an_idle_server_never_expires():
    with start("--history", "1s", "--setParameter", "streamGraceMsMax=0") as server:
        with pymongo.MongoClient(server.uri) as client:
            db = client.d
            stream = RawStream(db, "c")
            db.c.insert_one({"_id": 1})
            stream.drain()
            token = stream.token
            stream.close()
            wait_until(timeout=60, condition=lambda: history(client)["entries"] == 1)
            time.sleep(2)
            assert RawStream(db, "c", resumeAfter=token).drain() == []
            db.other.insert_one({"_id": 1})
            db.c.insert_one({"_id": 2})
            assert types(RawStream(db, "c", resumeAfter=token).drain()) == ["insert"]


def test_a_minimum_age_of_one_collection_lengthens_the_log_and_shows_its_cost():
    with start("--history", "1s", "--history-size", "1MB", "--setParameter", "streamGraceMsMax=0") as server:
        with pymongo.MongoClient(server.uri) as client:
            db = client.d
            db.create_collection("audit", freshetHistory={"minSeconds": 1000})
            token = RawStream(db, "audit").token
            fill(db, 4 << 20)
            time.sleep(3)
            shown = history(client)
            assert shown["minimumAge"]["seconds"] == 1000 and shown["minimumAge"]["ns"] == "d.audit"
            assert shown["minimumAge"]["bytesHeld"] > 3 << 20 and shown["bytes"] > 4 << 20
            assert RawStream(db, "audit", resumeAfter=token).open
            db.command("collMod", "audit", freshetHistory={})
            wait_until(timeout=60, condition=lambda: history(client)["bytes"] < 2 << 20)
            assert "minimumAge" not in history(client)
            with pytest.raises(OperationFailure) as error:
                RawStream(db, "audit", resumeAfter=token)
            assert error.value.code == 286


@pytest.mark.parametrize("value,code", [({"minSeconds": 0}, 2), ({"minSeconds": "x"}, 14), ({"x": 1}, 40415), (1, 14)])
def test_wrong_minimum_ages(db, value, code):
    db.create_collection("c")
    for command in ("create", "collMod"):
        with pytest.raises(OperationFailure) as error:
            db.command(command, "d" if command == "create" else "c", freshetHistory=value)
        assert error.value.code == code


def test_an_open_stream_keeps_what_it_has_to_read_and_is_warned_about():
    with start("--history", "4s", "--history-size", "1MB") as server, pymongo.MongoClient(
            server.uri, appname="slowpoke") as client:
        db = client.d
        slow = RawStream(db, "c", first_batch=0, aggregate={"comment": "reads slowly"})
        db.c.insert_one({"_id": 1})
        fill(db, 4 << 20)
        wait_until(lambda: metrics(client)["historyWarnings"] == 1)
        warning = next(json.loads(line) for line in server.log_text().splitlines() if "about to lose" in line)
        assert warning["s"] == "W" and warning["attr"]["cursorId"] == slow.id
        assert warning["attr"]["appName"] == "slowpoke" and warning["attr"]["ns"] == "d.c"
        wait_until(timeout=60, condition=lambda: history(client)["bytesHeldForStreams"] > 3 << 20)
        assert history(client)["bytes"] > 4 << 20
        time.sleep(2)
        assert types(slow.drain()) == ["insert"]
        wait_until(timeout=60, condition=lambda: history(client)["bytes"] < 2 << 20)
        assert metrics(client)["historyWarnings"] == 1, "once for each stream"


def test_what_slow_streams_hold_has_a_limit():
    with start("--history-size", "1MB", "--setParameter", "streamHoldBytesMax=2097152") as server:
        with pymongo.MongoClient(server.uri) as client:
            db = client.d
            slow = RawStream(db, "c", first_batch=0)
            db.c.insert_one({"_id": 1})
            fill(db, 8 << 20)
            wait_until(timeout=60, condition=lambda: history(client)["lastDropped"] > token_time(slow.token))
            assert history(client)["bytes"] < 4 << 20
            slow.close()


def test_a_waiting_stream_does_not_lose_what_was_never_its_concern():
    with start("--history-size", "1MB", "--setParameter", "streamGraceMsMax=0", "--setParameter",
               "streamRingBytesMax=1048576") as server:
        with pymongo.MongoClient(server.uri) as client:
            db = client.d
            stream = RawStream(db, "quiet")
            import threading
            got = []
            waiting = threading.Thread(target=lambda: got.extend(stream.get_more(max_ms=120000)))
            waiting.start()
            wait_until(lambda: client.admin.command("freshetStreams")["parked"] == 1)
            fill(db, 8 << 20)
            wait_until(timeout=60, condition=lambda: history(client)["lastDropped"] > token_time(stream.token))
            db.quiet.insert_one({"_id": 1})
            waiting.join(60)
            assert types(got) == ["insert"]
