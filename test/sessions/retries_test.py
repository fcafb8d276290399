# SPDX-License-Identifier: Apache-2.0
"""Statements that are sent again under their number: what identifies them, and what they are answered with."""
import uuid

import bson
import pymongo
import pytest
from bson.int64 import Int64
from pymongo.errors import OperationFailure


@pytest.fixture
def send(client, collection):
    """Sends a command under number 1 of a session of the test's own."""
    lsid = {"id": bson.Binary(uuid.uuid4().bytes, 4)}

    def one(name, **fields):
        command = bson.SON({name: collection.name, **fields, "lsid": lsid, "txnNumber": Int64(1)})
        with client._conn_for_reads(pymongo.ReadPreference.PRIMARY, None, operation="command") as (connection, _):
            return connection.command("sessions", command, check=True)
    return one


def code_of(call, *arguments, **fields):
    with pytest.raises(OperationFailure) as failed:
        call(*arguments, **fields)
    return failed.value.code


def ids(collection):
    return sorted(document["_id"] for document in collection.find())


def test_a_statement_id_counts_on_from_the_first(collection, send):
    assert send("insert", documents=[{"_id": 0}, {"_id": 1}], stmtId=3)["n"] == 2
    again = send("insert", documents=[{"_id": 0}, {"_id": 1}], stmtId=3)
    assert again["n"] == 2 and again["retriedStmtIds"] == [3, 4]
    assert send("insert", documents=[{"_id": 2}], stmtId=5).get("retriedStmtIds") is None
    assert ids(collection) == [0, 1, 2]


def test_statement_ids_one_by_one(collection, send):
    assert send("insert", documents=[{"_id": 0}, {"_id": 1}], stmtIds=[7, 2])["n"] == 2
    assert send("insert", documents=[{"_id": 9}, {"_id": 2}], stmtIds=[2, 8])["retriedStmtIds"] == [2]
    assert ids(collection) == [0, 1, 2]


def test_statement_ids_that_do_not_fit(collection, send):
    assert code_of(send, "insert", documents=[{}], stmtIds=[]) == 16
    assert code_of(send, "insert", documents=[{}], stmtIds=[1, 2]) == 16
    assert code_of(send, "insert", documents=[{}], stmtIds=[1], stmtId=1) == 72
    assert code_of(send, "insert", documents=[{}], stmtId="1") == 14
    assert code_of(send, "insert", documents=[{}, {}], stmtId=(1 << 31) - 1) == 2
    assert code_of(send, "insert", documents=[{}], stmtIds=["1"]) == 14
    assert ids(collection) == []


def test_find_and_modify_has_one_too(collection, send):
    collection.insert_one({"_id": 1, "n": 0})
    increment = {"query": {"_id": 1}, "update": {"$inc": {"n": 1}}}
    assert send("findAndModify", **increment, stmtId=4)["value"] == {"_id": 1, "n": 0}
    again = send("findAndModify", **increment, stmtId=4)
    assert again["value"] == {"_id": 1, "n": 0} and again["retriedStmtId"] == 4
    assert send("findAndModify", **increment, stmtId=5)["value"] == {"_id": 1, "n": 1}
    assert collection.find_one()["n"] == 2


def test_many_documents_are_a_write_error(collection, send):
    collection.insert_many([{"_id": 1}, {"_id": 2}])
    for name, statement in (("update", {"q": {}, "u": {"$set": {"a": 1}}, "multi": True}), ("delete", {"q": {}, "limit": 0})):
        single = {**statement, "q": {"_id": 1}} | ({"multi": False} if name == "update" else {"limit": 1})
        reply = send(name, **{name + "s": [statement, single]}, ordered=False)
        assert [(error["index"], error["code"]) for error in reply["writeErrors"]] == [(0, 72)]
        assert reply["n"] == 1
    assert ids(collection) == [1, 2], "the deletion had the number of the update, which was done"


def test_what_was_done_is_what_is_answered(collection, send):
    collection.insert_one({"_id": 1, "n": 0})
    send("findAndModify", query={"_id": 1}, update={"$inc": {"n": 1}})
    again = send("findAndModify", query={"_id": 1}, remove=True)
    assert again["lastErrorObject"] == {"n": 1, "updatedExisting": True} and again["value"] == {"_id": 1, "n": 0}
    assert ids(collection) == [1]


def test_a_pattern_names_a_session_with_its_user(client):
    session = {"id": bson.Binary(uuid.uuid4().bytes, 4)}
    assert code_of(client.admin.command, {"killAllSessionsByPattern": [{"lsid": session}]}) == 40414
