# SPDX-License-Identifier: Apache-2.0
"""Events above 16 MB: split, refused, stepped over, or shown as errors (the contract, 1.7, 1.14)."""
import pytest
from pymongo.errors import OperationFailure

from raw_stream import RawStream, types

MB = 1 << 20
SPLIT = [{"$changeStreamSplitLargeEvent": {}}]
BOTH = {"fullDocument": "whenAvailable", "fullDocumentBeforeChange": "whenAvailable"}


@pytest.fixture
def large(db):
    """A collection with a stream's starting point, and behind it: insert, three updates of 20 MB events, insert."""
    db.create_collection("c", changeStreamPreAndPostImages={"enabled": True})
    start = RawStream(db, "c").token
    db.c.insert_one({"_id": 0, "x": "y" * (10 * MB)})
    for i in range(3):
        db.c.update_one({"_id": 0}, {"$set": {"i": i}})
    db.c.insert_one({"_id": 1})
    return start


def counter(db, name):
    return db.client.admin.command("serverStatus")["metrics"]["changeStreams"][name]


def whole(stream):
    """All documents of a stream, fragments as they are."""
    return stream.drain(batch_size=1)


def test_fragments(db, large):
    before = counter(db, "largeEventsSplit")
    parts = whole(RawStream(db, "c", SPLIT, resumeAfter=large, first_batch=0, **BOTH))
    assert [part.get("splitEvent") for part in parts] == [None] + [{"fragment": i, "of": 2} for _ in range(3)
                                                                  for i in (1, 2)] + [None]
    assert counter(db, "largeEventsSplit") == before + 3
    one, two = parts[1], parts[2]
    assert list(one)[:2] == ["_id", "splitEvent"] and list(two)[:2] == ["_id", "splitEvent"]
    assert one["operationType"] == "update" and len(one["fullDocument"]["x"]) == 10 * MB
    assert set(two) == {"_id", "splitEvent", "fullDocumentBeforeChange"}
    assert one["_id"]["_data"] < two["_id"]["_data"] < parts[3]["_id"]["_data"]
    assert one["_id"]["_data"].endswith("0000") and two["_id"]["_data"].endswith("0001")


@pytest.mark.parametrize("option", ["resumeAfter", "startAfter"])
def test_resuming_from_any_fragment(db, large, option):
    parts = whole(RawStream(db, "c", SPLIT, resumeAfter=large, first_batch=0, **BOTH))
    for i, part in enumerate(parts):
        rest = whole(RawStream(db, "c", SPLIT, first_batch=0, **{option: part["_id"]}, **BOTH))
        assert [p["_id"] for p in rest] == [p["_id"] for p in parts[i + 1:]]
        assert rest == parts[i + 1:]


def test_a_fragments_token_needs_the_stage(db, large):
    parts = whole(RawStream(db, "c", SPLIT, resumeAfter=large, first_batch=0, **BOTH))
    with pytest.raises(OperationFailure) as error:
        RawStream(db, "c", resumeAfter=parts[1]["_id"], **BOTH)
    assert error.value.code == 280


def test_the_stage_is_invisible_while_events_are_small(db):
    stream, plain = RawStream(db, "c", SPLIT), RawStream(db, "c")
    db.c.insert_one({"_id": 1})
    assert stream.drain() == plain.drain()


def test_a_projection_may_make_splitting_needless(db, large):
    stages = [{"$unset": "fullDocument.x"}, *SPLIT]
    assert all("splitEvent" not in part for part in whole(RawStream(db, "c", stages, resumeAfter=large, first_batch=0, **BOTH)))


def test_an_event_that_is_too_large_can_be_stepped_over(db, large):
    """Whatever comes before it is delivered; its error has its token; after that the stream goes on."""
    failed = counter(db, "largeEventsFailed")
    seen, steps, token = [], 0, large
    while True:
        stream = RawStream(db, "c", resumeAfter=token, first_batch=0, **BOTH)
        try:
            for event in iter(lambda: stream.get_more(max_ms=100), []):
                seen += event
                token = event[-1]["_id"]
            break
        except OperationFailure as error:
            assert error.code == 10334 and error.details["codeName"] == "BSONObjectTooLarge"
            assert error.details["resumeToken"]["_data"] in str(error)
            assert "NonResumableChangeStreamError" not in (error.details.get("errorLabels") or [])
            token = error.details["resumeToken"]
            steps += 1
    assert types(seen) == ["insert", "insert"] and steps == 3
    assert counter(db, "largeEventsFailed") == failed + 3


def test_one_field_above_16_mb_fails_even_when_split(db, large):
    stages = [{"$project": {"both": ["$fullDocument", "$fullDocumentBeforeChange"]}}, *SPLIT]
    stream = RawStream(db, "c", stages, resumeAfter=large, first_batch=0, **BOTH)
    stream.get_more()
    with pytest.raises(OperationFailure) as error:
        stream.get_more()
    assert error.value.code == 10334 and "resumeToken" in error.value.details


def test_errors_as_events(db, large):
    stream = RawStream(db, "c", resumeAfter=large, first_batch=0, showErrorsAsEvents=True, **BOTH)
    events = stream.drain()
    assert types(events) == ["insert", "error", "error", "error", "insert"]
    poison = events[1]
    assert list(poison) == ["_id", "operationType", "clusterTime", "wallTime", "ns", "documentKey", "error"]
    assert poison["ns"] == {"db": db.name, "coll": "c"} and poison["documentKey"] == {"_id": 0}
    assert poison["error"]["code"] == 10334 and poison["error"]["codeName"] == "BSONObjectTooLarge"
    # The token of the error is that of the event: who asks with the split stage gets behind it.
    rest = RawStream(db, "c", SPLIT, resumeAfter=poison["_id"], first_batch=0, **BOTH)
    assert len(whole(rest)) == 5


def test_failing_stages_as_events(db):
    stages = [{"$set": {"half": {"$divide": [1, "$fullDocument.d"]}}}]
    strict, tolerant = RawStream(db, "c", stages), RawStream(db, "c", stages, showErrorsAsEvents=True)
    db.c.insert_many([{"_id": 1, "d": 2}, {"_id": 2, "d": 0}, {"_id": 3, "d": 4}])
    events = tolerant.drain()
    assert types(events) == ["insert", "error", "insert"] and events[1]["documentKey"] == {"_id": 2}
    assert [event["documentKey"]["_id"] for event in strict.get_more()] == [1], "what came before is delivered"
    with pytest.raises(OperationFailure) as error:
        strict.get_more()
    assert error.value.code == events[1]["error"]["code"]


def test_a_removed_token_as_event(db):
    stream = RawStream(db, "c", [{"$unset": "_id"}], showErrorsAsEvents=True)
    db.c.insert_one({"_id": 1})
    event = stream.one()
    assert event["error"]["code"] == 280 and event["_id"] is not None


def test_a_required_image_stays_an_error(db):
    db.c.insert_one({"_id": 1})
    stream = RawStream(db, "c", showErrorsAsEvents=True, fullDocumentBeforeChange="required")
    db.c.delete_one({"_id": 1})
    with pytest.raises(OperationFailure) as error:
        stream.drain()
    assert error.value.code == 47
