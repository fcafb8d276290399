# SPDX-License-Identifier: Apache-2.0
"""Commands of those who look after a server."""
import bson
import pytest
from bson.int64 import Int64
from replies import assert_same, code_of, without_times


def test_top_counts_what_is_done(db, admin):
    db.c.insert_many([{}, {}])
    list(db.c.find(batch_size=1))
    db.c.update_one({}, {"$set": {"a": 1}})
    db.c.delete_one({})
    db.c.count_documents({})
    used = admin.command("top")["totals"][f"{db.name}.c"]
    counts = {name: use["count"] for name, use in used.items()}
    assert counts == {"total": 7, "readLock": 4, "writeLock": 3, "queries": 1, "getmore": 2, "insert": 1, "update": 1,
                      "remove": 1, "commands": 1}
    assert used["total"]["time"] > 0


def test_compact(db):
    db.c.insert_one({})
    reply = db.command({"compact": "c", "force": True})
    assert_same(reply, {"bytesFreed": Int64(0), "ok": 1.0})
    assert code_of(db.command, {"compact": "c"}) == 20
    assert code_of(db.command, {"compact": "missing", "force": True}) == 26
    assert code_of(db.command, {"compact": "c", "force": True, "what": 1}) == 40415


def test_what_replica_sets_do_not_have(db):
    db.c.insert_one({})
    assert code_of(db.command, {"reIndex": "c"}) == 20


def test_data_size(db):
    documents = [{"_id": i, "a": "x" * i} for i in range(10)]
    db.c.insert_many(documents)
    name = f"{db.name}.c"
    total = sum(len(bson.encode(document)) for document in documents)
    reply = db.command("dataSize", name)
    assert (reply["size"], reply["numObjects"], reply["estimate"]) == (total, 10, False)
    part = db.command({"dataSize": name, "keyPattern": {"_id": 1}, "min": {"_id": 2}, "max": {"_id": 5}})
    assert part["numObjects"] == 3
    assert db.command({"dataSize": name, "maxObjects": 4})["maxReached"] is True
    assert code_of(db.command, {"dataSize": name, "min": {"_id": 1}}) == 2
    assert db.command("dataSize", f"{db.name}.missing")["numObjects"] == 0


def test_small_ones(db, admin):
    assert without_times(admin.command("lockInfo")) == {"lockInfo": [], "ok": 1.0}
    assert without_times(db.command("planCacheClear", "c")) == {"ok": 1.0}
    assert code_of(db.command, "lockInfo") == 13


def test_current_op_shows_open_cursors(db, admin):
    db.c.insert_many([{}, {}, {}])
    with db.c.find(batch_size=1, comment="still open") as cursor:
        next(cursor)
        [idle] = [entry for entry in admin.aggregate([{"$currentOp": {"idleCursors": True}}])
                  if entry["type"] == "idleCursor" and entry["ns"] == f"{db.name}.c"]
        assert idle["cursor"]["cursorId"] == cursor.cursor_id and idle["cursor"]["nDocsReturned"] == 1
        assert idle["cursor"]["originatingCommand"]["comment"] == "still open"
    for options in ({"what": True}, {"idleCursors": 1}):
        assert code_of(admin.command, {"aggregate": 1, "pipeline": [{"$currentOp": options}], "cursor": {}}) == 9


def test_latency_of_a_collection(db):
    db.c.insert_one({})
    db.c.find_one()
    [stats] = db.c.aggregate([{"$collStats": {"latencyStats": {}}}])
    assert stats["latencyStats"]["reads"]["ops"] == 1 and stats["latencyStats"]["writes"]["ops"] == 1


@pytest.mark.parametrize("value, code", [(2, 5255100), ("x", 14), (True, 14)])
def test_drop_database_takes_1(db, value, code):
    assert code_of(db.command, {"dropDatabase": value}) == code


def test_auto_index_id_has_a_note(db):
    assert "deprecated" in db.command({"create": "c", "autoIndexId": True})["note"]


def test_validators_that_cannot_be(db, admin):
    for filter in ({"$text": {"$search": "a"}}, {"a": {"$near": [0, 0]}}, {"$and": [{"$where": "1"}]}):
        assert code_of(db.command, {"create": "c", "validator": filter}) == 2
    assert code_of(admin.command, {"create": "c", "validator": {"a": 1}}) == 72
