# SPDX-License-Identifier: Apache-2.0
"""What insert, update and delete take and refuse, and what they count."""
import bson
import pytest
from replies import code_of, without_times


def test_a_failed_statement_counts_nothing(db):
    db.c.create_index("u", unique=True)
    db.c.insert_many([{"_id": 1, "u": 1}, {"_id": 2, "u": 2}, {"_id": 3, "u": 3}])
    reply = db.command({"update": "c", "updates": [
        {"q": {"_id": {"$lt": 3}}, "u": {"$set": {"u": 9}}, "multi": True},
        {"q": {"_id": 3}, "u": {"$set": {"u": 8}}}], "ordered": False})
    assert (reply["n"], reply["nModified"]) == (1, 1)
    assert [error["index"] for error in reply["writeErrors"]] == [0]
    assert db.c.count_documents({"u": 9}) == 1  # what it did before it failed stands


def test_unacknowledged_writes_tell_nothing(db):
    reply = db.command({"insert": "c", "documents": [{"_id": 1}], "writeConcern": {"w": 0}})
    assert without_times(reply) == {"ok": 1.0}
    assert db.c.count_documents({}) == 1


@pytest.mark.parametrize("field, value", [("ordered", 1), ("multi", 1), ("upsert", 0)])
def test_flags_are_booleans(db, field, value):
    statement = {"q": {}, "u": {"$set": {"a": 1}}}
    command = {"update": "c", "updates": [statement]}
    (command if field == "ordered" else statement)[field] = value
    assert code_of(db.command, command) == 14


@pytest.mark.parametrize("update", [1, "x", None])
def test_what_is_no_update(db, update):
    assert code_of(db.command, {"update": "c", "updates": [{"q": {}, "u": update}]}) == 9


def test_array_filters_are_documents(db):
    statement = {"q": {}, "u": {"$set": {"a.$[i]": 1}}, "arrayFilters": ["x"]}
    assert code_of(db.command, {"update": "c", "updates": [statement]}) == 14


@pytest.mark.parametrize("limit, deleted", [(0, 3), (1, 1), (1.0, 1), (True, 1), ("1", 3), (None, 3)])
def test_limits_of_a_delete(db, limit, deleted):
    db.c.insert_many([{}, {}, {}])
    assert db.command({"delete": "c", "deletes": [{"q": {}, "limit": limit}]})["n"] == deleted


@pytest.mark.parametrize("limit", [2, -1, 0.5])
def test_limits_that_mean_nothing(db, limit):
    assert code_of(db.command, {"delete": "c", "deletes": [{"q": {}, "limit": limit}]}) == 9


@pytest.mark.parametrize("command", [
    {"insert": "system.foo", "documents": [{}]},
    {"update": "system.foo", "updates": [{"q": {}, "u": {"$set": {"a": 1}}}]},
    {"delete": "system.foo", "deletes": [{"q": {}, "limit": 0}]},
    {"findAndModify": "system.foo", "remove": True},
    {"insert": "system.profile", "documents": [{}]},
])
def test_system_collections_are_not_for_clients(db, command):
    assert code_of(db.command, command) == 73


@pytest.mark.parametrize("id", [{"$a": 1}, {"a": {"$b": 1}}, {"a": [{"$b": 1}]}])
def test_dollars_in_ids(db, id):
    reply = db.command({"insert": "c", "documents": [{"_id": id}]})
    assert reply["writeErrors"][0]["code"] == 52


def test_a_reference_may_be_an_id(db):
    db.c.insert_one({"_id": bson.DBRef("c", 1)})
    assert db.c.count_documents({}) == 1
