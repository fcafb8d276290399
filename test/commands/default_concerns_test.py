# SPDX-License-Identifier: Apache-2.0
"""setDefaultRWConcern: what it takes, what commands that name no concern get, and that it is kept."""
import pymongo
import pytest
from pymongo.errors import OperationFailure, WriteConcernError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from faults import Faults
from freshet_server import FreshetServer


@pytest.fixture
def own():
    """A server of the test's own: the defaults are everybody's."""
    with FreshetServer() as running, pymongo.MongoClient(running.uri) as connected:
        yield connected


def code_of(action, *arguments):
    with pytest.raises(OperationFailure) as failure:
        action(*arguments)
    return failure.value.code


def set_defaults(client, **defaults):
    return client.admin.command({"setDefaultRWConcern": 1, **defaults})


def test_what_is_set_is_shown(own):
    before = own.admin.command("getDefaultRWConcern")
    assert (before["defaultReadConcern"], before["defaultWriteConcern"]) == ({"level": "local"}, {"w": "majority", "wtimeout": 0})
    assert (before["defaultReadConcernSource"], before["defaultWriteConcernSource"]) == ("implicit", "implicit")
    assert "updateOpTime" not in before
    reply = set_defaults(own, defaultReadConcern={"level": "majority"})
    assert (reply["defaultReadConcern"], reply["defaultReadConcernSource"]) == ({"level": "majority"}, "global")
    assert reply["defaultWriteConcernSource"] == "implicit"
    set_defaults(own, defaultWriteConcern={"w": 1, "j": False, "wtimeout": 500})
    after = own.admin.command({"getDefaultRWConcern": 1, "inMemory": True})
    assert [name for name in after if not name.startswith("$")] == [
        "defaultReadConcern", "defaultWriteConcern", "updateOpTime", "updateWallClockTime",
        "defaultWriteConcernSource", "defaultReadConcernSource", "localUpdateWallClockTime", "inMemory", "ok", "operationTime"]
    assert after["defaultWriteConcern"] == {"w": 1, "j": False, "wtimeout": 500}
    assert after["defaultReadConcern"] == {"level": "majority"}
    reply = set_defaults(own, defaultReadConcern={})
    assert (reply["defaultReadConcern"], reply["defaultReadConcernSource"]) == ({"level": "local"}, "implicit")


@pytest.mark.parametrize("defaults, code", [
    ({}, 2), ({"defaultWriteConcern": {"w": 0}}, 2), ({"defaultWriteConcern": {"w": 2}}, 100),
    ({"defaultWriteConcern": {"w": "nearby"}}, 79), ({"defaultWriteConcern": {"x": 1}}, 9), ({"defaultWriteConcern": 1}, 14),
    ({"defaultReadConcern": {"level": "linearizable"}}, 2), ({"defaultReadConcern": {"level": "snapshot"}}, 2),
    ({"defaultReadConcern": {"level": "what"}}, 2), ({"what": 1}, 40415)])
def test_what_is_refused(client, defaults, code):
    assert code_of(lambda: set_defaults(client, **defaults)) == code
    assert client.admin.command("getDefaultRWConcern")["defaultWriteConcernSource"] == "implicit"


def test_a_write_concern_cannot_be_taken_back(own):
    set_defaults(own, defaultWriteConcern={})  # nothing to take back
    set_defaults(own, defaultWriteConcern={"w": 1})
    assert code_of(lambda: set_defaults(own, defaultWriteConcern={})) == 20
    assert code_of(own.test.command, "setDefaultRWConcern", 1) == 13


def test_commands_that_name_none_get_them():
    with Faults() as faults, FreshetServer(durable=True, start=False) as running:
        faults.attach(running)
        running.start()
        with pymongo.MongoClient(running.uri, retryWrites=False) as client:
            set_defaults(client, defaultReadConcern={"level": "majority"}, defaultWriteConcern={"w": 1})
            c = client.test.c
            c.insert_one({"_id": 1})
            named = client.test.get_collection("c", read_concern=ReadConcern("local"),
                                               write_concern=WriteConcern(w="majority", wtimeout=50))
            named.with_options(write_concern=WriteConcern(w="majority")).insert_one({"_id": 2})
            faults.begin("slow_sync")
            try:
                c.insert_one({"_id": 3})  # w: 1 waits for no sync
                assert (c.count_documents({}), named.count_documents({})) == (2, 3)
                with pytest.raises(WriteConcernError):
                    named.insert_one({"_id": 4})
                with client.start_session() as session, session.start_transaction():
                    c.insert_one({"_id": 5}, session=session)
                assert (c.find_one({"_id": 5}), named.find_one({"_id": 5})) == (None, {"_id": 5})
            finally:
                faults.end("slow_sync")


def test_a_change_stream_reads_what_it_has_to(own):
    set_defaults(own, defaultReadConcern={"level": "available"})
    own.test.c.insert_one({"_id": 1})
    assert own.test.c.find_one() == {"_id": 1}
    with own.start_session() as session, session.start_transaction():
        assert own.test.c.find_one(session=session) == {"_id": 1}
    with own.test.c.watch() as stream:  # majority it must be, and that is said only to those that name another
        own.test.c.insert_one({"_id": 2})
        assert stream.next()["documentKey"] == {"_id": 2}
    assert code_of(own.test.get_collection("c", read_concern=ReadConcern("local")).watch) == 72


def test_a_restart_keeps_them():
    with FreshetServer(durable=True) as running:
        with pymongo.MongoClient(running.uri) as client:
            set_defaults(client, defaultReadConcern={"level": "majority"}, defaultWriteConcern={"w": 1, "j": True, "wtimeout": 9})
            before = client.admin.command("getDefaultRWConcern")
        running.restart()
        with pymongo.MongoClient(running.uri) as client:
            after = client.admin.command("getDefaultRWConcern")
    for name in ("defaultReadConcern", "defaultWriteConcern", "updateOpTime", "updateWallClockTime", "defaultWriteConcernSource"):
        assert after[name] == before[name]
