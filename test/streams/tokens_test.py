# SPDX-License-Identifier: Apache-2.0
"""Resume tokens: their bytes, and what one can be resumed with (the contract, 1.8; docs/formats/resume-token.md)."""
import pymongo
import pytest
from bson import Timestamp
from pymongo.errors import OperationFailure

from freshet_server import FreshetServer
from raw_stream import RawStream, token_time, types


def write(db):
    db.create_collection("c")
    db.c.insert_one({"_id": 1, "a": 1})
    db.c.update_one({"_id": 1}, {"$set": {"a": 2}})
    db.other.insert_one({"_id": 1})
    db.c.replace_one({"_id": 1}, {"a": 3})
    db.c.create_index("a")
    db.c.delete_one({"_id": 1})
    db.c.insert_one({"_id": 2})


def test_golden_bytes(db):
    stream = RawStream(db, "c")
    time = db.command("insert", "c", documents=[{"_id": 1}])["operationTime"]
    event = stream.one()
    at = f"{time.time:08X}{time.inc:08X}"
    assert event["_id"] == {"_data": f"82{at}8000" + "00000000" + "00"}
    assert stream.token == event["_id"], "nothing was looked at behind the event"
    time = db.command("insert", "other", documents=[{"_id": 1}])["operationTime"]
    stream.drain()
    assert stream.token == {"_data": f"82{time.time:08X}{time.inc + 1:08X}0000"}
    db.c.drop()
    drop, invalidate = stream.drain()
    assert invalidate["_id"]["_data"] == drop["_id"]["_data"][:-2] + "01"


def test_tokens_as_connectors_decode_them(db):
    stream = RawStream(db)
    write(db)
    for event in stream.drain():
        assert bytes.fromhex(event["_id"]["_data"])[0] == 130
        assert token_time(event["_id"]) == event["clusterTime"]


def test_every_token_gives_exactly_the_rest(db):
    start = RawStream(db, showExpandedEvents=True)
    write(db)
    events = start.drain()
    assert len(events) == 9
    for option in ("resumeAfter", "startAfter"):
        for i, event in enumerate(events):
            assert RawStream(db, showExpandedEvents=True, **{option: event["_id"]}).drain() == events[i + 1:]


def test_batch_tokens_give_exactly_the_rest(db):
    start = RawStream(db).token
    write(db)
    stream = RawStream(db, resumeAfter=start, first_batch=0)
    every, batches = RawStream(db, resumeAfter=start).drain(), []
    for _ in range(20):
        assert RawStream(db, resumeAfter=stream.token).drain() == every[len(batches):]
        batches += stream.get_more(batch_size=1, max_ms=1)
    assert batches == every


@pytest.mark.parametrize("stages,options", [
    ([{"$match": {"operationType": "delete"}}], {}),
    ([{"$project": {"operationType": 1}}], {}),
    ([{"$match": {"nothing": "matches"}}], {}),
    ([], {"fullDocument": "updateLookup"}),
    ([], {"showExpandedEvents": True}),
    ([{"$changeStreamSplitLargeEvent": {}}], {}),
    ([{"$freshetChangedPaths": {"paths": ["nothing"]}}], {}),
])
def test_a_token_works_under_another_filter_projection_or_option(db, stages, options):
    start = RawStream(db, "c").token
    write(db)
    tokens = [event["_id"] for event in RawStream(db, "c", resumeAfter=start, showExpandedEvents=True).drain()]
    whole = RawStream(db, "c", stages, resumeAfter=start, **options).drain()
    for token in tokens:
        rest = [event for event in whole if event["_id"]["_data"] > token["_data"]]
        assert RawStream(db, "c", stages, resumeAfter=token, **options).drain() == rest


def test_a_token_works_at_another_level_where_the_namespace_allows(client, db):
    start = RawStream(db, "c").token
    write(db)

    def streams(**options):
        return [RawStream(db, "c", **options), RawStream(db, **options),
                RawStream(db, cluster=True, stages=[{"$match": {"ns.db": db.name}}], **options)]

    wholes = [stream.drain() for stream in streams(resumeAfter=start)]
    for event in wholes[0]:
        for whole, stream in zip(wholes, streams(resumeAfter=event["_id"])):
            assert stream.drain() == [e for e in whole if e["_id"]["_data"] > event["_id"]["_data"]]
    elsewhere = next(event for event in wholes[1] if event["ns"]["coll"] == "other")
    with pytest.raises(OperationFailure) as error:
        RawStream(db, "c", resumeAfter=elsewhere["_id"])
    assert error.value.code == 260 and "nvalid resume token" in str(error.value)
    with pytest.raises(OperationFailure) as error:
        RawStream(client[db.name + "x"], resumeAfter=elsewhere["_id"])
    assert error.value.code == 260


def test_start_at_operation_time_is_inclusive(db):
    first = db.command("insert", "c", documents=[{"_id": 1}])["operationTime"]
    db.c.insert_one({"_id": 2})
    stream = RawStream(db, "c", startAtOperationTime=first)
    assert [event["documentKey"]["_id"] for event in stream.drain()] == [1, 2]
    stream = RawStream(db, "c", startAtOperationTime=Timestamp(first.time, first.inc + 1))
    assert [event["documentKey"]["_id"] for event in stream.drain()] == [2]


def test_start_in_the_future_waits_for_it(db):
    now = db.command("ping")["operationTime"]
    stream = RawStream(db, "c", startAtOperationTime=Timestamp(now.time + 3600, 1))
    db.c.insert_one({"_id": 1})
    assert stream.get_more(max_ms=100) == []
    assert token_time(stream.token) >= Timestamp(now.time + 3600, 1), "the token never goes back"


def test_an_invalidate_token_starts_the_collection_anew(db):
    stream = RawStream(db, "c")
    db.c.insert_one({"_id": 1})
    db.c.drop()
    db.c.insert_one({"_id": 2})
    insert, drop, invalidate = stream.drain()
    rest = RawStream(db, "c", resumeAfter=drop["_id"])
    assert types(rest.drain()) == ["invalidate"] and not rest.open
    anew = RawStream(db, "c", startAfter=invalidate["_id"])
    assert [event["documentKey"]["_id"] for event in anew.drain()] == [2]
    assert types(RawStream(db, startAfter=invalidate["_id"]).drain()) == ["insert"]


def test_tokens_survive_a_restart():
    with FreshetServer(durable=True) as server:
        with pymongo.MongoClient(server.uri) as client:
            start = RawStream(client.d)
            write(client.d)
            events = start.drain()
            mark = start.token
        for kill in (False, True):
            server.restart(kill=kill)
            with pymongo.MongoClient(server.uri) as client:
                for i, event in enumerate(events):
                    assert RawStream(client.d, resumeAfter=event["_id"]).drain() == events[i + 1:]
                assert RawStream(client.d, resumeAfter=mark).drain() == []
