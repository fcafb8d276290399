# SPDX-License-Identifier: Apache-2.0
"""Batches, waiting, the end of cursors (the contract, 1.10)."""
import threading
import time

import pytest
from bson import Int64
from pymongo.errors import OperationFailure

from freshet_server import FreshetServer, wait_until
from raw_stream import RawStream, token_time, types

MB = 1 << 20


def history(db, count, **fields):
    start = RawStream(db, "c").token
    db.c.insert_many([{"_id": i, **fields} for i in range(count)])
    return start


def test_first_batch_has_101_events(db):
    stream = RawStream(db, "c", resumeAfter=history(db, 250))
    assert len(stream.waiting) == 101
    assert len(stream.get_more()) == 149


@pytest.mark.parametrize("size", [0, 1, 7, 200])
def test_batch_size_of_the_aggregate(db, size):
    stream = RawStream(db, "c", resumeAfter=history(db, 150), first_batch=size)
    assert len(stream.waiting) == min(size, 150)
    assert stream.open and stream.token is not None
    assert len(stream.drain()) == 150


@pytest.mark.parametrize("size", [1, 7, 200])
def test_batch_size_of_get_more(db, size):
    stream = RawStream(db, "c", resumeAfter=history(db, 150), first_batch=0)
    assert len(stream.get_more(batch_size=size)) == min(size, 150)


def test_get_more_without_size_takes_all(db):
    stream = RawStream(db, "c", resumeAfter=history(db, 3000), first_batch=0)
    assert len(stream.get_more()) == 3000


def test_a_batch_stays_below_16_mb(db):
    stream = RawStream(db, "c", resumeAfter=history(db, 9, x="y" * (3 * MB)), first_batch=0)
    sizes = []
    while sum(sizes) < 9:
        sizes.append(len(stream.get_more()))
    assert sizes == [5, 4]


def test_an_empty_batch_waits_as_long_as_asked(db):
    stream = RawStream(db, "c")
    start = time.monotonic()
    assert stream.get_more(max_ms=300) == []
    assert time.monotonic() - start >= 0.3
    start = time.monotonic()
    reply = db.command({"getMore": Int64(stream.id), "collection": "c"}, session=stream.session)
    assert reply["cursor"]["nextBatch"] == [] and time.monotonic() - start >= 0.9  # one second by default


def test_a_waiting_get_more_answers_at_the_first_match_and_not_before(db):
    stream = RawStream(db, "c", [{"$match": {"fullDocument.wanted": True}}])
    got = []
    waiting = threading.Thread(target=lambda: got.append(stream.get_more(max_ms=60000)))
    waiting.start()
    for i in range(20):
        db.c.insert_one({"wanted": False})
        db.other.insert_one({"wanted": True})
    assert waiting.is_alive()
    db.c.insert_one({"_id": "it", "wanted": True})
    waiting.join(30)
    assert [event["documentKey"]["_id"] for event in got[0]] == ["it"]


def test_every_reply_moves_the_token(db):
    stream = RawStream(db, "c")
    assert stream.token is not None and stream.reply["operationTime"] is not None
    for _ in range(3):
        written = db.command("insert", "other", documents=[{}])["operationTime"]
        stream.drain()
        assert token_time(stream.token) >= written
    db.c.insert_one({"_id": 1})
    event = stream.one()
    assert stream.token["_data"] >= event["_id"]["_data"]


def test_kill_cursors_ends_a_waiting_get_more(db):
    stream = RawStream(db, "c")
    errors = []

    def wait():
        try:
            stream.get_more(max_ms=60000)
        except OperationFailure as error:
            errors.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    streams = db.client.admin
    wait_until(lambda: any(s["cursorId"] == stream.id and s["state"] == "parked"
                           for s in streams.command("freshetStreams")["streams"]))
    reply = db.command("killCursors", "c", cursors=[Int64(stream.id)])
    assert reply["cursorsKilled"] == [stream.id]
    waiting.join(30)
    assert errors[0].code == 237


def test_two_get_mores_at_once(db):
    stream = RawStream(db, "c")
    waiting = threading.Thread(target=lambda: stream.get_more(max_ms=2000))
    waiting.start()
    wait_until(lambda: any(s["cursorId"] == stream.id and s["state"] == "parked"
                           for s in db.client.admin.command("freshetStreams")["streams"]))
    with pytest.raises(OperationFailure) as error:
        db.command({"getMore": Int64(stream.id), "collection": "c"}, session=stream.session)
    assert error.value.code == 12051
    waiting.join(30)


def test_idle_cursors_are_reaped():
    import pymongo
    with FreshetServer(args=["--setParameter", "cursorTimeoutMillis=500"]) as server:
        db = pymongo.MongoClient(server.uri).d
        stream = RawStream(db, "c")

        def gone():
            return db.client.admin.command("serverStatus")["metrics"]["cursor"]["timedOut"] > 0

        wait_until(gone, timeout=30)
        with pytest.raises(OperationFailure) as error:
            stream.get_more()
        assert error.value.code == 43
        # What a driver does then: it resumes, and nothing is missing.
        db.c.insert_one({"_id": 1})
        assert types(RawStream(db, "c", resumeAfter=stream.token).drain()) == ["insert"]


def test_session_binds_the_cursor(client, db):
    with client.start_session() as session, db.c.watch(session=session) as stream:
        db.c.insert_one({"_id": 1})
        assert stream.next()["documentKey"] == {"_id": 1}
        with pytest.raises(OperationFailure):
            db.command({"getMore": Int64(stream._cursor.cursor_id), "collection": "c"})


def test_opening_at_an_old_token_of_a_quiet_collection_reads_nothing_of_others(client, db):
    quiet = RawStream(db, "quiet")
    for _ in range(20):
        db.busy.insert_many([{"x": "y" * 50} for _ in range(5000)])
    db.quiet.insert_one({"_id": 1})

    def examined():
        return client.admin.command("serverStatus")["metrics"]["changeStreams"]["cursor"]["docsExamined"]

    before = examined()
    start = time.monotonic()
    stream = RawStream(db, "quiet", resumeAfter=quiet.token)
    took = time.monotonic() - start
    assert types(stream.waiting) == ["insert"]
    assert examined() - before < 10
    assert took < 1


@pytest.mark.parametrize("size", [0, 500, 7000])
def test_batches_that_were_prepared_are_the_log(client, db, size):
    count = 40_000
    start = RawStream(db, "c").token
    for at in range(0, count, 4000):
        db.c.insert_many([{"_id": i, "x": "y" * 400} for i in range(at, at + 4000)])

    def prepared():
        return client.admin.command("serverStatus")["metrics"]["changeStreams"]["preparedBatches"]

    before = prepared()
    stream = RawStream(db, "c", resumeAfter=start, first_batch=0)
    ids, rounds = [], 0
    while len(ids) < count:
        ids += [event["fullDocument"]["_id"] for event in stream.get_more(batch_size=size)]
        rounds += 1
        if rounds % 3 == 0:  # as a driver does that lost its connection: from what it has
            last = stream.token
            stream.close()
            stream = RawStream(db, "c", resumeAfter=last, first_batch=0)
    assert ids == list(range(count))
    assert prepared() > before
