# SPDX-License-Identifier: Apache-2.0
"""The profiler: levels, thresholds, filters, and what system.profile gets."""
import pytest
from replies import code_of, without_times

DEFAULTS = {"slowms": 100, "sampleRate": 1.0}


@pytest.fixture
def profiled(db):
    yield db
    db.command({"profile": 0, "slowms": 100, "sampleRate": 1.0, "filter": "unset"})


def entries(db, **filter):
    return list(db["system.profile"].find(filter))


def test_levels_are_read_and_set(profiled):
    assert without_times(profiled.command("profile", -1)) == {"was": 0, **DEFAULTS, "ok": 1.0}
    assert profiled.command({"profile": 1, "slowms": 50, "sampleRate": 0.5})["was"] == 0
    assert without_times(profiled.command("profile", -1)) == {"was": 1, "slowms": 50, "sampleRate": 0.5, "ok": 1.0}
    assert profiled.command("profile", 0)["was"] == 1
    assert profiled["system.profile"].options() == {"capped": True, "size": 1 << 20}


@pytest.mark.parametrize("command, code", [
    ({"profile": 3}, 2), ({"profile": -2}, 2), ({"profile": "x"}, 14), ({"profile": 1, "what": 1}, 40415),
    ({"profile": 1, "sampleRate": 2}, 2), ({"profile": 1, "filter": 5}, 14), ({"profile": 1, "filter": {"a": {"$bogus": 1}}}, 2),
])
def test_what_is_refused(profiled, command, code):
    assert code_of(profiled.command, command) == code


def test_level_2_keeps_everything(profiled):
    profiled.command("profile", 2)
    profiled.c.insert_many([{"_id": i, "a": i % 2} for i in range(4)])
    profiled.c.update_many({"a": 1}, {"$set": {"b": 1}})
    list(profiled.c.find({"a": 1}, comment="look", batch_size=1))
    profiled.c.delete_one({"_id": 0})
    profiled.c.aggregate([{"$match": {"_id": 1}}])
    with pytest.raises(Exception):
        profiled.command({"count": "c", "query": {"a": {"$bogus": 1}}})
    profiled.command("profile", 0)
    by_op = {entry["op"]: entry for entry in entries(profiled)}
    assert by_op["insert"]["ninserted"] == 4
    assert (by_op["update"]["nMatched"], by_op["update"]["nModified"]) == (2, 2)
    assert by_op["remove"]["ndeleted"] == 1
    query = by_op["query"]
    assert query["ns"] == f"{profiled.name}.c" and query["command"]["comment"] == "look"
    assert (query["planSummary"], query["nreturned"]) == ("COLLSCAN", 1) and query["docsExamined"] >= 1
    assert {"millis", "ts", "client", "responseLength", "protocol"} <= set(query)
    assert by_op["getmore"]["ns"] == f"{profiled.name}.c"
    [failed] = entries(profiled, errCode=2)
    assert failed["command"]["count"] == "c" and failed["errName"] == "BadValue"
    assert not entries(profiled, ns=f"{profiled.name}.system.profile")


def test_level_1_keeps_what_is_slow(profiled):
    profiled.command({"profile": 1, "slowms": 60000})
    profiled.c.insert_one({})
    assert entries(profiled) == []
    profiled.command({"profile": 1, "slowms": -1})
    profiled.c.insert_one({})
    assert [entry["op"] for entry in entries(profiled, op="insert")] == ["insert"]


def test_a_filter_chooses(profiled):
    profiled.command({"profile": 1, "filter": {"op": "query", "nreturned": {"$gt": 1}}})
    profiled.c.insert_many([{}, {}])
    profiled.c.find_one()
    list(profiled.c.find())
    assert [entry["nreturned"] for entry in entries(profiled)] == [2]
    reply = profiled.command("profile", -1)
    assert reply["filter"] == {"op": "query", "nreturned": {"$gt": 1}} and "note" in reply


def test_profiling_is_no_change(profiled, client):
    with profiled.watch(max_await_time_ms=200) as stream:
        profiled.command("profile", 2)
        profiled.c.insert_one({"_id": 1})
        profiled.c.find_one()
        event = stream.try_next()
        while event is None:
            event = stream.try_next()
        assert event["ns"]["coll"] == "c"
        assert stream.try_next() is None
    assert client.local["oplog.rs"].count_documents({"ns": f"{profiled.name}.system.profile"}) == 0


def test_the_collection_stays_while_it_is_used(profiled):
    profiled.command("profile", 2)
    assert code_of(profiled.command, "drop", "system.profile") == 20
    profiled.command("profile", 0)
    profiled.command("drop", "system.profile")
    profiled.command("profile", 2)
    profiled.client.drop_database(profiled.name)
    assert profiled.command("profile", -1)["was"] == 0


def test_slow_commands_are_logged(profiled):
    profiled.command({"profile": 0, "slowms": -1})
    profiled.c.find_one({"marker": profiled.name})
    profiled.command({"profile": 0, "slowms": 100})
    lines = profiled.client.admin.command("getLog", "global")["log"]
    assert any("Slow query" in line and profiled.name in line for line in lines)
