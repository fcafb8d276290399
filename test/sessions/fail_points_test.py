# SPDX-License-Identifier: Apache-2.0
"""What fail points do, as a client sees it; labels, the step-down, and the switches for tests of change streams."""
import threading
import time

import pymongo
import pytest
from freshet_server import FreshetServer
from pymongo.errors import AutoReconnect, ExecutionTimeout, NotPrimaryError, OperationFailure, PyMongoError


def labels_of(error):
    return sorted(error.details.get("errorLabels", []))


def test_not_there_without_test_commands():
    with FreshetServer() as server, pymongo.MongoClient(server.uri) as client:
        assert client.admin.command("getParameter", "*")["enableTestCommands"] is False
        with pytest.raises(OperationFailure) as refused:
            client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})
        assert refused.value.code == 59


def test_error_and_count(client, fail_point):
    fail_point("failCommand", {"times": 2}, failCommands=["ping"], errorCode=8)
    for _ in range(2):
        with pytest.raises(OperationFailure) as failed:
            client.admin.command("ping")
        assert failed.value.code == 8
    assert client.admin.command("ping")["ok"] == 1
    assert fail_point("failCommand", "off")["count"] == 2


def test_namespace_and_application(server, client, fail_point):
    fail_point("failCommand", "alwaysOn", failCommands=["find"], errorCode=8, namespace="d.a", appName="wanted")
    with pymongo.MongoClient(server.uri, appname="wanted", retryReads=False) as wanted:
        with pytest.raises(OperationFailure):
            wanted.d.a.find_one()
        assert wanted.d.b.find_one() is None
    assert client.d.a.find_one() is None


def test_labels_of_a_retryable_write(server, client, fail_point):
    with pymongo.MongoClient(server.uri, retryWrites=True) as retrying, retrying.start_session() as session:
        for given, expected in ((None, ["NoWritesPerformed", "RetryableWriteError"]), ([], []), (["Other"], ["Other"])):
            data = {} if given is None else {"errorLabels": given}
            fail_point("failCommand", {"times": 2}, failCommands=["insert"], errorCode=91, **data)
            with pytest.raises(PyMongoError) as failed:
                retrying.d.c.insert_one({}, session=session)
            assert labels_of(failed.value) == expected
            fail_point("failCommand", "off")


def test_write_concern_error_beside_the_result(client, collection, fail_point):
    fail_point("failCommand", {"times": 1}, failCommands=["insert"], writeConcernError={"code": 64, "errmsg": "made up"})
    reply = client.sessions.command({"insert": collection.name, "documents": [{"_id": 1}]}, check=False)
    assert reply["n"] == 1 and reply["writeConcernError"]["code"] == 64
    assert collection.count_documents({}) == 1


def test_blocks_before_it_fails_or_runs(client, collection, fail_point):
    fail_point("failCommand", {"times": 1}, failCommands=["find"], blockConnection=True, blockTimeMS=300)
    start = time.monotonic()
    assert collection.find_one() is None
    assert time.monotonic() - start >= 0.3


def test_closes_the_connection(server, collection, fail_point):
    fail_point("failCommand", {"times": 1}, failCommands=["insert"], closeConnection=True)
    with pymongo.MongoClient(server.uri, retryWrites=False) as plain:
        with pytest.raises(AutoReconnect):
            plain.sessions[collection.name].insert_one({})
    assert collection.count_documents({}) == 0


def test_transactional_write_is_applied_once(collection, fail_point):
    fail_point("onPrimaryTransactionalWrite", {"times": 1})
    collection.insert_one({"_id": 1})  # the driver sends it again, and is answered from the record
    fail_point("onPrimaryTransactionalWrite", {"times": 1}, failBeforeCommitExceptionCode=1)
    collection.update_one({"_id": 1}, {"$inc": {"n": 1}})
    assert collection.find_one() == {"_id": 1, "n": 1}


def test_max_time_always_runs_out(collection, fail_point):
    fail_point("maxTimeAlwaysTimeOut", "alwaysOn")
    with pytest.raises(ExecutionTimeout):
        collection.find_one(max_time_ms=60000)
    assert collection.find_one() is None


def test_get_more_fails_after_checkout(client, collection, fail_point):
    collection.insert_many([{} for _ in range(5)])
    fail_point("failGetMoreAfterCursorCheckout", {"times": 1}, errorCode=8)
    with pytest.raises(OperationFailure) as failed:
        list(collection.find(batch_size=2))
    assert failed.value.code == 8
    with collection.watch(max_await_time_ms=50) as stream:
        fail_point("failGetMoreAfterCursorCheckout", {"times": 1}, errorCode=234)
        collection.insert_one({"_id": "seen"})
        assert stream.next()["documentKey"] == {"_id": "seen"}  # labelled, so the driver resumed


def test_dropped_connections_resume(client, collection, fail_point):
    with collection.watch(max_await_time_ms=20000) as stream:
        seen = []
        reader = threading.Thread(target=lambda: seen.append(stream.next()))
        reader.start()
        time.sleep(0.3)
        fail_point("freshetDropConnections", {"times": 1})
        collection.insert_one({"_id": 1})
        reader.join(15)
    assert [change["documentKey"] for change in seen] == [{"_id": 1}]


def test_expired_history_is_said(client, collection, fail_point):
    with collection.watch() as stream:
        collection.insert_many([{} for _ in range(3)])
        token = stream.next()["_id"]
    fail_point("freshetExpireHistory", {"times": 1})
    with pytest.raises(OperationFailure) as lost:
        collection.watch(resume_after=token)
    assert lost.value.code == 286


def test_oversize_events(client, collection, fail_point):
    fail_point("freshetOversizeEvents", "alwaysOn", bytesMax=2000)
    with collection.watch() as stream:
        collection.insert_one({"text": "x" * 3000})
        with pytest.raises(OperationFailure) as large:
            stream.next()
        assert large.value.code == 10334


def test_kill_op_ends_a_parked_command(client, collection):
    ended = []

    def wait():
        try:
            with collection.watch(max_await_time_ms=60000) as stream:
                stream.next()
        except OperationFailure as error:
            ended.append(error.code)

    reader = threading.Thread(target=wait)
    reader.start()
    operations = []
    while not operations:
        operations = [op for op in client.admin.command("currentOp")["inprog"]
                      if op.get("parked") and "getMore" in op["command"]]
    client.admin.command("killOp", op=operations[0]["opid"])
    reader.join(10)
    assert ended == [11601]


def test_step_down_and_up_again(server, client, collection):
    with pytest.raises(OperationFailure) as refused:
        client.admin.command("replSetStepDown", 2)
    assert refused.value.code == 262
    before = client.admin.command("hello")
    with collection.watch() as stream:
        client.admin.command("replSetStepDown", 2, force=True)
        with pymongo.MongoClient(server.direct_uri, retryWrites=False) as direct:
            down = direct.admin.command("hello")
            assert (down["isWritablePrimary"], down["secondary"]) == (False, True)
            assert down["topologyVersion"]["counter"] > before["topologyVersion"]["counter"]
            with pytest.raises(NotPrimaryError) as refused:
                direct.sessions.c.insert_one({})
            assert refused.value.details["topologyVersion"]["counter"] == down["topologyVersion"]["counter"]
            assert direct.sessions.c.find_one() is None  # primaryPreferred, as direct connections have it
        collection.insert_one({"_id": 1})  # the driver waits for a primary
        assert stream.next()["documentKey"] == {"_id": 1}
    after = client.admin.command("hello")
    assert after["isWritablePrimary"] and after["electionId"] > before["electionId"]
    assert client.local["oplog.rs"].find_one({"ns": collection.full_name}, sort=[("$natural", -1)])["t"] > 1
