# SPDX-License-Identifier: Apache-2.0
"""find, getMore, count, distinct: their options and what they refuse."""
import bson
import pymongo
import pytest
from replies import code_of


@pytest.fixture
def five(db):
    db.c.insert_many([{"_id": i, "a": i % 2} for i in range(5)])
    return db


@pytest.mark.parametrize("option", ["skip", "limit", "batchSize"])
def test_whole_parts_of_numbers(five, option):
    def count(value):
        return len(five.command({"find": "c", option: value})["cursor"]["firstBatch"])
    assert count(2.9) == count(bson.Decimal128("2.1")) == count(2)
    assert code_of(five.command, {"find": "c", option: -1}) == 51024
    assert code_of(five.command, {"find": "c", option: True}) == 14


def test_exhaust_cursors_are_sent_unasked(five):
    with five.c.find(batch_size=1, cursor_type=pymongo.CursorType.EXHAUST) as cursor:
        assert [document["_id"] for document in cursor] == [0, 1, 2, 3, 4]


def test_a_tailable_cursor_without_a_place_ends(db):
    db.create_collection("c", capped=True, size=4096)
    assert db.command({"find": "c", "tailable": True})["cursor"]["id"] == 0
    db.c.insert_one({"_id": 1})
    assert db.command({"find": "c", "tailable": True, "filter": {"_id": 2}})["cursor"]["id"] != 0


@pytest.mark.parametrize("options, code", [
    ({"tailable": True, "sort": {"$natural": -1}}, 2),
    ({"tailable": True, "sort": {"a": 1}}, 2),
    ({"tailable": True, "singleBatch": True}, 2),
    ({"awaitData": True}, 9),
    ({"what": 1}, 40415),
    ({"limit": 1, "hint": 1}, 9),
    ({"sort": 1}, 14),
])
def test_what_find_refuses(five, options, code):
    assert code_of(five.command, {"find": "c", **options}) == code


def test_distinct_opens_arrays_as_paths_say(db):
    db.c.insert_many([
        {"_id": 1, "a": [1, 2, [3]]},
        {"_id": 2, "a": [{"0": 5}, {"b": 6}]},
        {"_id": 3, "a": {"0": 7, "b": [8, [9]]}},
    ])
    assert db.c.distinct("a") == [1, 2, [3], {"0": 5}, {"b": 6}, {"0": 7, "b": [8, [9]]}]
    assert db.c.distinct("a.0") == [1, {"0": 5}, 7]
    assert db.c.distinct("a.b") == [6, 8, [9]]
    assert db.c.distinct("") == []
    assert code_of(db.command, {"distinct": "c"}) == 40414


def test_max_time_is_for_all_batches_together(db):
    db.c.insert_many([{"_id": i} for i in range(5000)])
    slow = {"$reduce": {"input": {"$range": [0, 10000]}, "initialValue": 0, "in": {"$add": ["$$value", "$$this"]}}}
    with db.c.aggregate([{"$project": {"x": slow}}], maxTimeMS=200, batchSize=2) as cursor:
        with pytest.raises(pymongo.errors.ExecutionTimeout):
            list(cursor)


def test_a_single_batch_needs_no_cursor(five):
    def opened():
        return five.client.admin.command("serverStatus")["metrics"]["cursor"]["totalOpened"]
    before = opened()
    reply = five.command({"find": "c", "batchSize": 2, "singleBatch": True})["cursor"]
    assert reply == {"firstBatch": [{"_id": 0, "a": 0}, {"_id": 1, "a": 1}], "id": 0,
                     "ns": five.name + ".c"}
    assert opened() == before
    first = five.command({"find": "c", "batchSize": 2})["cursor"]
    assert first["id"] != 0 and opened() == before + 1
