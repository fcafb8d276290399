# SPDX-License-Identifier: Apache-2.0
"""Capped collections: what they keep, in which order, and how they come about."""
import bson
import pymongo
import pytest
from replies import code_of


def fill(collection, count, start=0):
    collection.insert_many([{"_id": i, "pad": "x" * 100} for i in range(start, start + count)])


def ids(collection):
    return [document["_id"] for document in collection.find()]


def test_the_oldest_go_first(db):
    db.create_collection("c", capped=True, size=1 << 20, max=3)
    fill(db.c, 5)
    assert ids(db.c) == [2, 3, 4]
    assert [d["_id"] for d in db.c.find(sort=[("$natural", -1)])] == [4, 3, 2]
    stats = db.command("collStats", "c")
    assert (stats["capped"], stats["max"], stats["maxSize"], stats["count"]) == (True, 3, 1 << 20, 3)


def test_bytes_are_a_limit_too(db):
    db.create_collection("c", capped=True, size=4096)
    fill(db.c, 100)
    kept = ids(db.c)
    assert kept == list(range(kept[0], 100)) and 20 < len(kept) < 40
    assert db.command("validate", "c")["valid"]


@pytest.mark.parametrize("options, code", [
    ({"capped": True}, 72),
    ({"size": 4096}, 72),
    ({"max": 5}, 72),
    ({"capped": True, "size": "x"}, 14),
    ({"capped": True, "size": -1}, 51024),
    ({"capped": True, "size": 1 << 51}, 2),
])
def test_options_that_do_not_fit(db, options, code):
    assert code_of(db.command, {"create": "c", **options}) == code


def test_a_collection_becomes_capped(db):
    fill(db.c, 100)
    db.c.create_index("pad")
    db.command({"convertToCapped": "c", "size": 4096})
    kept = ids(db.c)
    assert kept == list(range(kept[0], 100)) and 20 < len(kept) < 40
    assert list(db.c.index_information()) == ["_id_"]
    assert db.c.options() == {"capped": True, "size": 4096}
    fill(db.c, 10, start=100)
    assert ids(db.c)[-1] == 109 and len(ids(db.c)) == len(kept)
    assert db.c.count_documents({}) == db.c.estimated_document_count() == len(kept)
    assert db.command("validate", "c")["valid"]


def test_updates_and_deletes_are_counted(db):
    fill(db.c, 3)
    db.command({"convertToCapped": "c", "size": 1 << 20})
    db.c.update_one({"_id": 1}, {"$set": {"pad": "y" * 50}})
    db.c.delete_one({"_id": 0})
    stats = db.command("collStats", "c")
    assert (stats["count"], stats["size"]) == (2, sum(len(bson.encode(d)) for d in db.c.find()))


@pytest.mark.parametrize("command, code", [
    ({"convertToCapped": "missing", "size": 4096}, 26),
    ({"convertToCapped": "c"}, 40414),
    ({"convertToCapped": "c", "size": 0}, 72),
    ({"cloneCollectionAsCapped": "missing", "toCollection": "d", "size": 4096}, 26),
    ({"cloneCollectionAsCapped": "c", "toCollection": "c", "size": 4096}, 48),
    ({"cloneCollectionAsCapped": "c", "size": 4096}, 40414),
])
def test_what_cannot_be_converted(db, command, code):
    fill(db.c, 1)
    assert code_of(db.command, command) == code


def test_a_capped_copy(db):
    fill(db.c, 100)
    db.command({"cloneCollectionAsCapped": "c", "toCollection": "d", "size": 4096})
    kept = ids(db.d)
    assert kept == list(range(kept[0], 100)) and len(kept) < 40
    assert len(ids(db.c)) == 100 and db.d.options()["capped"]


def test_limits_can_be_changed(db):
    db.create_collection("c", capped=True, size=1 << 20, max=10)
    fill(db.c, 10)
    db.command({"collMod": "c", "cappedMax": 5})
    fill(db.c, 1, start=10)
    assert ids(db.c) == [6, 7, 8, 9, 10]
    db.command({"collMod": "c", "cappedSize": 512})
    fill(db.c, 1, start=11)
    assert len(ids(db.c)) == 4 and db.c.options() == {"capped": True, "size": 512, "max": 5}
    assert code_of(db.command, {"collMod": "d", "cappedMax": 5}) == 26
    fill(db.e, 1)
    assert code_of(db.command, {"collMod": "e", "cappedMax": 5}) == 72


def test_following_the_end(db):
    db.create_collection("c", capped=True, size=1 << 20)
    fill(db.c, 2)
    cursor = db.c.find(cursor_type=pymongo.CursorType.TAILABLE_AWAIT).max_await_time_ms(100)
    assert [next(cursor)["_id"], next(cursor)["_id"]] == [0, 1]
    fill(db.c, 1, start=2)
    assert next(cursor)["_id"] == 2
    assert cursor.alive and list(cursor) == [] and cursor.alive
    cursor.close()


def test_a_reader_that_was_overtaken_is_told(db):
    db.create_collection("c", capped=True, size=1 << 20, max=5)
    fill(db.c, 3)
    cursor = db.command({"find": "c", "tailable": True, "batchSize": 2})["cursor"]
    assert [document["_id"] for document in cursor["firstBatch"]] == [0, 1]
    fill(db.c, 10, start=3)
    assert code_of(db.command, {"getMore": cursor["id"], "collection": "c"}) == 136
