# SPDX-License-Identifier: Apache-2.0
"""find with returnKey and showRecordId: what led to the documents, under every kind of plan."""
import pytest
from pymongo.errors import OperationFailure


@pytest.fixture
def c(db):
    db.c.insert_many([{"_id": i, "a": i % 3, "b": {"c": 10 - i}, "l": [i, i + 100], "z": i} for i in range(6)])
    db.c.create_index([("a", 1), ("b.c", -1)])
    db.c.create_index("l")
    db.c.create_index("missing")
    return db.c


def keys(c, filter, **options):
    return list(c.find(filter, return_key=True, **options))


def test_the_key_of_the_index_that_was_walked(c):
    assert keys(c, {"a": 1}) == [{"a": 1, "b.c": 9}, {"a": 1, "b.c": 6}]
    assert keys(c, {"l": 103}) == [{"l": 103}]
    assert keys(c, {"missing": None}, hint="missing_1", limit=1) == [{"missing": None}]
    assert keys(c, {"_id": 4}) == [{"_id": 4}]
    assert keys(c, {"_id": {"$gt": 3}}) == [{"_id": 4}, {"_id": 5}]
    assert keys(c, {"z": 2}) == [{}]


def test_without_the_document_whatever_else_is_asked(c):
    assert keys(c, {"a": 1}, projection={"z": 1}) == [{"a": 1, "b.c": 9}, {"a": 1, "b.c": 6}]
    assert keys(c, {"a": 1}, show_record_id=True) == [{"a": 1, "b.c": 9}, {"a": 1, "b.c": 6}]
    # A sort in memory sorts the documents and keeps their keys.
    assert keys(c, {"a": 1}, sort=[("z", -1)]) == [{"a": 1, "b.c": 6}, {"a": 1, "b.c": 9}]
    assert keys(c, {"a": 1}, skip=1, limit=1) == [{"a": 1, "b.c": 6}]
    assert keys(c, {"a": {"$gte": 0}}, batch_size=2, sort=[("a", 1), ("b.c", -1)], limit=3) == [
        {"a": 0, "b.c": 10}, {"a": 0, "b.c": 7}, {"a": 1, "b.c": 9}]


def test_branches_have_a_key_each(c):
    found = keys(c, {"$or": [{"a": 2}, {"l": 100}]})
    assert sorted(found, key=str) == sorted([{"a": 2, "b.c": 8}, {"a": 2, "b.c": 5}, {"l": 100}], key=str)
    merged = keys(c, {"a": {"$in": [0, 2]}}, sort=[("b.c", -1)], batch_size=2)
    assert merged == [{"a": 0, "b.c": 10}, {"a": 2, "b.c": 8}, {"a": 0, "b.c": 7}, {"a": 2, "b.c": 5}]


def test_meta_index_key(c):
    shown = list(c.find({"a": 1}, {"k": {"$meta": "indexKey"}, "_id": 1}))
    assert [(each["_id"], each["k"]) for each in shown] == [(1, {"a": 1, "b.c": 9}), (4, {"a": 1, "b.c": 6})]
    assert "k" not in c.find_one({"z": 1}, {"k": {"$meta": "indexKey"}})


def test_explain_and_views(db, c):
    plan = db.command({"explain": {"find": "c", "filter": {"a": 1}, "returnKey": True}})["queryPlanner"]["winningPlan"]
    assert plan["stage"] == "RETURN_KEY" and plan["inputStage"]["inputStage"]["stage"] == "IXSCAN"
    db.command({"create": "v", "viewOn": "c", "pipeline": []})
    with pytest.raises(OperationFailure) as failure:
        list(db.v.find({}, return_key=True))
    assert failure.value.code == 168


def test_record_ids(c):
    ids = [each["$recordId"] for each in c.find({}, show_record_id=True)]
    assert ids == sorted(set(ids)) and len(ids) == 6
    assert set(c.find_one({"a": 1}, {"a": 1}, show_record_id=True)) == {"_id", "a", "$recordId"}
