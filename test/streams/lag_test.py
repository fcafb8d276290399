# SPDX-License-Identifier: Apache-2.0
"""Who watches, how far behind, for how long that goes well: freshetStreams, $currentOp, serverStatus (the contract, 1.13)."""
import threading

import pymongo
import pytest

from pymongo.errors import OperationFailure

from freshet_server import FreshetServer, wait_until
from raw_stream import RawStream, token_time


@pytest.fixture
def own():
    with FreshetServer() as server, pymongo.MongoClient(server.uri, appname="lagging") as client:
        yield client


def report(client, stream, **options):
    shown = client.admin.command("freshetStreams", **options)["streams"]
    return next((entry for entry in shown if entry["cursorId"] == stream.id), None)


def test_a_stream_in_full(own):
    stream = RawStream(own.d, "c", [{"$match": {"operationType": "insert"}}], fullDocument="updateLookup",
                       aggregate={"comment": {"job": 7}})
    entry = report(own, stream)
    assert list(entry) == ["cursorId", "ns", "client", "appName", "comment", "options", "filter", "state", "clusterTime",
                           "resumeToken", "lagMs", "lagEntries", "lagBytes", "timeToLossMs", "eventsSent", "bytesSent",
                           "openedAt", "lastUsedAt"]
    assert entry["ns"] == "d.c" and entry["appName"] == "lagging" and entry["client"].startswith("127.0.0.1:")
    assert entry["comment"] == {"job": 7} and entry["options"] == {"fullDocument": "updateLookup"}
    assert entry["filter"] == [{"$match": {"operationType": "insert"}}]
    assert entry["state"] == "idle" and entry["eventsSent"] == entry["bytesSent"] == 0
    assert (entry["lagMs"], entry["lagEntries"], entry["lagBytes"], entry["timeToLossMs"]) == (0, 0, 0, None)


def test_lag_counts_what_is_still_to_be_read(own):
    db = own.d
    stream = RawStream(db, "c")
    for i in range(10):
        db.c.insert_one({"_id": i, "x": "y" * 1000})
    wait_until(lambda: report(own, stream)["lagEntries"] == 10)
    entry = report(own, stream)
    assert 10 * 1000 < entry["lagBytes"] < 10 * 1300 and entry["lagMs"] < 60000
    assert 0 < entry["timeToLossMs"] <= 86400_000
    before = entry["lagMs"]
    wait_until(lambda: report(own, stream)["lagMs"] > before)
    events = stream.get_more(batch_size=4)
    entry = report(own, stream)
    assert entry["lagEntries"] == 6 and entry["eventsSent"] == 4
    assert 4 * 1000 < entry["bytesSent"] < 4 * 1300
    assert entry["clusterTime"] == events[-1]["clusterTime"]
    assert len(stream.drain()) == 6 and report(own, stream)["lagEntries"] == 0


def test_what_others_write_is_no_lag(own):
    quiet = RawStream(own.d, "quiet")
    filtered = RawStream(own.d, "busy", [{"$match": {"fullDocument.a": 1}}])
    own.d.busy.insert_many([{"a": 2} for _ in range(2000)])
    now = own.d.command("ping")["operationTime"]
    wait_until(lambda: report(own, quiet)["clusterTime"] >= now)
    for stream in (quiet, filtered):
        entry = report(own, stream)
        assert entry["lagEntries"] == 0 and entry["timeToLossMs"] is None


def test_the_reported_token_is_one_to_resume_with(own):
    stream = RawStream(own.d, "c")
    own.d.c.insert_many([{"_id": 1}, {"_id": 2}, {"_id": 3}])
    stream.get_more(batch_size=1)
    wait_until(lambda: report(own, stream)["lagEntries"] == 2)
    rest = RawStream(own.d, "c", resumeAfter=report(own, stream)["resumeToken"]).drain()
    assert [event["documentKey"]["_id"] for event in rest] == [2, 3]


def test_states_and_totals(own):
    streams = [RawStream(own.d, f"c{i}") for i in range(3)]
    waiting = threading.Thread(target=lambda: streams[0].get_more(max_ms=3000))
    waiting.start()
    wait_until(lambda: report(own, streams[0])["state"] == "parked")
    shown = own.admin.command("freshetStreams")
    assert (shown["total"], shown["parked"], shown["running"], shown["idle"]) == (3, 1, 0, 2)
    waiting.join(30)
    own.d.c1.insert_one({"_id": 1})
    streams[1].drain()
    shown = own.admin.command("freshetStreams")
    assert shown["eventsSent"] == 1 and shown["bytesSent"] > 100 and shown["idle"] == 3


def test_the_slowest_come_first_and_can_be_chosen(own):
    streams = [RawStream(own.d, f"c{i}") for i in range(5)]
    for i in range(5):
        own.d[f"c{i}"].insert_one({})
    for stream in streams[::2]:
        stream.drain()
    wait_until(lambda: report(own, streams[3])["lagEntries"] > 0)
    shown = own.admin.command("freshetStreams", limit=2)
    assert [entry["ns"] for entry in shown["streams"]] == ["d.c1", "d.c3"] and shown["total"] == 5
    shown = own.admin.command("freshetStreams", filter={"ns": {"$in": ["d.c2", "d.c4"]}})["streams"]
    assert {entry["ns"] for entry in shown} == {"d.c2", "d.c4"}
    with pytest.raises(OperationFailure) as error:
        own.admin.command("freshetStreams", bogus=1)
    assert error.value.code == 40415
    with pytest.raises(OperationFailure) as error:
        own.d.command("freshetStreams")
    assert error.value.code == 13


def test_current_op(own):
    idle = RawStream(own.d, "idle", aggregate={"comment": "nobody asks"})
    busy = RawStream(own.d, "busy")
    plain = own.d.command("find", "docs", filter={}, batchSize=0)  # no stream; closed at once, it is empty
    own.d.docs.insert_many([{} for _ in range(5)])
    plain = own.d.command("find", "docs", filter={}, batchSize=2)
    waiting = threading.Thread(target=lambda: busy.get_more(max_ms=3000))
    waiting.start()
    wait_until(lambda: report(own, busy)["state"] == "parked")

    def current(**options):
        return list(own.admin.aggregate([{"$currentOp": options}]))

    assert not [op for op in current() if op["type"] == "idleCursor"]
    shown = {op["cursor"]["cursorId"]: op for op in current(idleCursors=True, allUsers=True) if "cursor" in op}
    entry = shown[idle.id]
    assert entry["type"] == "idleCursor" and entry["ns"] == "d.idle" and entry["appName"] == "lagging"
    assert list(entry["cursor"]) == [
        "cursorId", "createdDate", "lastAccessDate", "nDocsReturned", "nBatchesReturned", "noCursorTimeout", "tailable",
        "awaitData", "originatingCommand", "planSummary", "changeStreams"]
    assert entry["cursor"]["tailable"] and entry["cursor"]["awaitData"] and entry["cursor"]["planSummary"] == "COLLSCAN"
    assert entry["cursor"]["originatingCommand"]["comment"] == "nobody asks"
    assert entry["cursor"]["changeStreams"]["optime"] >= token_time(idle.token).__class__(1, 1)
    assert entry["freshetStream"]["state"] == "idle" and entry["freshetStream"]["lagEntries"] == 0
    running = shown[busy.id]
    assert running["type"] == "op" and running["op"] == "getmore" and running["parked"]
    assert running["freshetStream"]["state"] == "parked"
    query = shown[plain["cursor"]["id"]]
    assert query["cursor"]["nDocsReturned"] == 2 and not query["cursor"]["tailable"] and "freshetStream" not in query
    waiting.join(30)
    with pytest.raises(OperationFailure) as error:
        current(bogus=True)
    assert error.value.code == 9


def test_server_status(own):
    db = own.d
    before = own.admin.command("serverStatus")["metrics"]["changeStreams"]
    stream = RawStream(db, "c", showExpandedEvents=True)
    RawStream(db, fullDocument="required", fullDocumentBeforeChange="whenAvailable").close()
    RawStream(db, cluster=True, stages=[{"$changeStreamSplitLargeEvent": {}}]).close()
    db.c.insert_many([{"_id": i} for i in range(10)])
    stream.drain()
    shown = own.admin.command("serverStatus")["metrics"]["changeStreams"]
    assert {"largeEventsSplit", "largeEventsFailed", "showExpandedEvents", "cursor", "option", "scope", "slowest",
            "historyWarnings", "historyLost", "errorEvents"} <= set(shown)

    def grew(*path):
        values = []
        for root in (before, shown):
            for name in path:
                root = root[name]
            values.append(root)
        return values[1] - values[0]

    assert grew("showExpandedEvents") == grew("option", "showExpandedEvents") == 1
    assert grew("option", "fullDocument", "required") == grew("option", "fullDocumentBeforeChange", "whenAvailable") == 1
    assert grew("scope", "collection") == grew("scope", "db") == grew("scope", "cluster") == 1
    assert grew("cursor", "totalOpened") == 3 and grew("cursor", "lifespan", "lessThan1Second") == 2
    assert grew("cursor", "docsReturned") == 11 and grew("cursor", "bytesReturned") > 11 * 100
    assert shown["cursor"]["open"] == {"total": 1, "pinned": 0}
    assert shown["slowest"]["lagEntries"] == 0
    db.c.insert_many([{"_id": i} for i in range(10, 20)])
    wait_until(lambda: own.admin.command("serverStatus")["metrics"]["changeStreams"]["slowest"]["lagEntries"] == 10)
    stream.close()
    assert own.admin.command("serverStatus")["metrics"]["changeStreams"]["slowest"] == {}
