# SPDX-License-Identifier: Apache-2.0
"""Aggregations that write, that outgrow their memory, and that are stopped."""
import sys
import threading
import time
from pathlib import Path

import pymongo
import pytest
from pymongo.errors import ExecutionTimeout, OperationFailure

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))

from freshet_server import FreshetServer  # noqa: E402

STAGE_BYTES = 200_000
TXN_BYTES = 16_000_000


@pytest.fixture(scope="module")
def server():
    with FreshetServer(durable=True, args=["--setParameter", f"stageMemoryBytesMax={STAGE_BYTES}",
                                           "--setParameter", f"txnBytesMax={TXN_BYTES}"]) as running:
        yield running


@pytest.fixture()
def database(server):
    client = pymongo.MongoClient(server.direct_uri)
    client.drop_database("t")
    yield client.t
    client.close()


def code_of(action):
    with pytest.raises(OperationFailure) as caught:
        action()
    return caught.value.code


def by_id(collection):
    return list(collection.find().sort("_id", 1))


# $out


def test_out_replaces_and_keeps_options_and_indexes(database):
    database.create_collection("to", validator={"v": {"$lt": 100}})
    database.to.create_index("v", unique=True)
    database.to.insert_one({"_id": "old", "v": 50})
    database.source.insert_many([{"_id": i, "v": i} for i in range(3000)])
    assert list(database.source.aggregate([{"$match": {"v": {"$lt": 100}}}, {"$out": "to"}])) == []
    assert database.to.count_documents({}) == 100
    assert set(database.to.index_information()) == {"_id_", "v_1"}
    assert code_of(lambda: database.to.insert_one({"v": 101})) == 121
    # What fails leaves the target as it was, and nothing else behind.
    assert code_of(lambda: database.source.aggregate([{"$set": {"v": 1}}, {"$out": "to"}])) == 11000
    assert code_of(lambda: database.source.aggregate([{"$out": "to"}])) == 121
    assert database.to.count_documents({}) == 100
    assert sorted(database.list_collection_names()) == ["source", "to"]


def test_out_is_seen_whole_or_not_at_all(database):
    database.source.insert_many([{"_id": i, "round": 0} for i in range(2000)])
    database.source.aggregate([{"$out": "to"}])
    seen, stop = set(), threading.Event()

    def watch():
        while not stop.is_set():
            seen.add(tuple(sorted(database.to.distinct("round"))) + (database.to.estimated_document_count(),))

    watcher = threading.Thread(target=watch)
    watcher.start()
    for number in range(1, 4):
        database.source.aggregate([{"$set": {"round": number}}, {"$out": {"db": "t", "coll": "to"}}])
    stop.set()
    watcher.join()
    assert all(len(rounds) == 2 and rounds[1] == 2000 for rounds in seen), seen


def test_out_refuses(database):
    database.create_collection("capped", capped=True, size=4096)
    database.create_collection("view", viewOn="source", pipeline=[])
    database.source.insert_one({})
    assert code_of(lambda: database.source.aggregate([{"$out": "capped"}])) == 17152
    assert code_of(lambda: database.source.aggregate([{"$out": "view"}])) == 166


# $merge


def test_merge_modes(database):
    database.source.insert_many([{"_id": 1, "a": 1}, {"_id": 2, "a": 2}])

    def merged(**options):
        database.to.drop()
        database.to.insert_one({"_id": 1, "b": 1})
        database.source.aggregate([{"$merge": {"into": "to", **options}}])
        return by_id(database.to)

    both = [{"_id": 1, "b": 1, "a": 1}, {"_id": 2, "a": 2}]
    assert merged() == both
    assert merged(whenMatched="replace") == [{"_id": 1, "a": 1}, {"_id": 2, "a": 2}]
    assert merged(whenMatched="keepExisting") == [{"_id": 1, "b": 1}, {"_id": 2, "a": 2}]
    assert merged(whenNotMatched="discard") == both[:1]
    assert merged(whenMatched=[{"$set": {"c": {"$add": ["$b", "$$new.a"]}}}])[0] == {"_id": 1, "b": 1, "c": 2}
    assert merged(let={"x": "$a"}, whenMatched=[{"$set": {"c": "$$x"}}])[0] == {"_id": 1, "b": 1, "c": 1}
    assert code_of(lambda: merged(whenMatched="fail")) == 11000
    assert code_of(lambda: merged(whenNotMatched="fail")) == 13113


def test_merge_on_other_fields(database):
    database.source.insert_many([{"_id": i, "k": i % 2, "v": i} for i in range(4)])
    pipeline = [{"$sort": {"_id": 1}}, {"$project": {"_id": 0}}, {"$merge": {"into": "to", "on": "k"}}]
    assert code_of(lambda: database.source.aggregate(pipeline)) == 51183
    database.to.create_index("k", unique=True)
    database.source.aggregate(pipeline)
    assert [(d["k"], d["v"]) for d in database.to.find().sort("k", 1)] == [(0, 2), (1, 3)]
    database.source.insert_one({"_id": 9})
    assert code_of(lambda: database.source.aggregate(pipeline)) == 51132


def test_merge_into_itself_and_its_events(database):
    database.to.insert_many([{"_id": i, "v": i} for i in range(3)])
    with database.to.watch() as stream:
        database.to.aggregate([{"$set": {"w": 1}}, {"$merge": "to"}])
        events = [stream.next() for _ in range(3)]
    assert [e["operationType"] for e in events] == ["update"] * 3
    assert events[0]["updateDescription"]["updatedFields"] == {"w": 1}


def test_merge_changes_large_documents_in_small_commits(database):
    database.to.insert_many([{"_id": i, "x": "x" * 1_000_000} for i in range(40)])
    database.source.insert_many([{"_id": i, "n": 1} for i in range(40)])
    database.source.aggregate([{"$merge": "to"}])
    assert database.to.count_documents({"n": 1}) == 40


def test_merge_obeys_validators(database):
    database.create_collection("to", validator={"$jsonSchema": {"required": ["z"]}})
    database.source.insert_one({"_id": 1})
    with pytest.raises(OperationFailure) as caught:
        database.source.aggregate([{"$merge": "to"}])
    assert caught.value.code == 121
    database.source.aggregate([{"$merge": "to"}], bypassDocumentValidation=True)
    assert database.to.count_documents({}) == 1


# Memory


PIPELINES = {
    "sort": [{"$sort": {"s": 1, "_id": 1}}, {"$project": {"n": 1}}],
    "group": [{"$group": {"_id": "$n", "s": {"$first": "$s"}, "c": {"$sum": 1}}}, {"$project": {"c": 1}}],
    "window": [{"$setWindowFields": {"partitionBy": "$p", "sortBy": {"n": 1}, "output": {"r": {"$sum": "$n"}}}},
               {"$project": {"r": 1}}],
    "bucketAuto": [{"$bucketAuto": {"groupBy": "$n", "buckets": 7}}],
}


@pytest.mark.parametrize("name", PIPELINES)
def test_more_than_the_memory(server, database, name):
    database.source.insert_many([{"_id": i, "n": i * 7919 % 5003, "p": i % 3, "s": f"{i % 13}" + "x" * 200}
                                 for i in range(5003)])
    found = list(database.source.aggregate(PIPELINES[name]))
    assert len(found) == {"bucketAuto": 7}.get(name, 5003)
    if name == "sort":
        assert [d["_id"] % 13 for d in found] == sorted((i % 13 for i in range(5003)), key=lambda n: f"{n}x")
    assert code_of(lambda: list(database.source.aggregate(PIPELINES[name], allowDiskUse=False))) == 292
    database.client.admin.command("setParameter", 1, allowDiskUseByDefault=False)
    assert code_of(lambda: list(database.source.aggregate(PIPELINES[name]))) == 292
    database.client.admin.command("setParameter", 1, allowDiskUseByDefault=True)
    assert list((server.dbpath / "_tmp").iterdir()) == []  # files have no names


def test_a_graph_search_has_a_bound(database):
    database.source.insert_many([{"_id": i, "to": i + 1} for i in range(2000)])
    search = {"from": "source", "startWith": "$to", "connectFromField": "to", "connectToField": "_id", "as": "g"}
    pipeline = [{"$match": {"_id": 0}}, {"$graphLookup": {**search, "maxDepth": 50}}, {"$project": {"n": {"$size": "$g"}}}]
    assert list(database.source.aggregate(pipeline)) == [{"_id": 0, "n": 51}]
    del pipeline[1]["$graphLookup"]["maxDepth"]
    for allowed in (True, False):
        assert code_of(lambda allowed=allowed: list(database.source.aggregate(pipeline, allowDiskUse=allowed))) == 40099


def test_a_sub_pipeline_may_spill(database):
    database.source.insert_many([{"_id": i, "s": f"{i * 7919 % 2003:05}" + "x" * 200} for i in range(2003)])
    pipeline = [{"$sort": {"s": 1}}, {"$group": {"_id": None, "first": {"$first": "$s"}, "n": {"$sum": 1}}}]
    database.one.insert_many([{"_id": 1}, {"_id": 2}])
    looked = list(database.one.aggregate([{"$lookup": {"from": "source", "pipeline": pipeline, "as": "l"}}]))
    assert [each["l"] for each in looked] == [[{"_id": None, "first": "00000" + "x" * 200, "n": 2003}]] * 2
    stage = {"$lookup": {"from": "source", "pipeline": pipeline, "as": "l"}}
    assert code_of(lambda: list(database.one.aggregate([stage], allowDiskUse=False))) == 292


def test_an_expression_follows_its_cursor(database):
    database.source.insert_many([{"_id": i, "l": [i, i + 1]} for i in range(300)])
    odd = {"$filter": {"input": "$l", "cond": {"$eq": [{"$mod": ["$$this", 2]}, 1]}}}
    found = database.source.find({"$expr": {"$gt": [{"$size": odd}, 0]}}, batch_size=2)
    assert len(list(found)) == 300


def test_a_find_sorts_on_disk(database):
    database.source.insert_many([{"_id": i, "s": f"{i * 7919 % 5003:05}" + "x" * 200} for i in range(5003)])
    texts = [d["s"] for d in database.source.find().sort("s", 1)]
    assert texts == sorted(texts) and len(texts) == 5003
    assert code_of(lambda: list(database.source.find().sort("s", 1).allow_disk_use(False))) == 292


# Time


SLOW = {
    "lookup": [{"$lookup": {"from": "slow", "pipeline": [{"$match": {"$expr": {"$gt": ["$v", -1]}}}], "as": "x"}}],
    "window": [{"$setWindowFields": {"sortBy": {"v": 1}, "output": {"r": {"$minN": {"input": "$v", "n": 2},
                "window": {"documents": [-1500, 1500]}}}}}],
    "map": [{"$project": {"x": {"$reduce": {"input": {"$range": [0, 100000]}, "initialValue": 0,
                                            "in": {"$add": ["$$value", "$$this"]}}}}}],
    "densify": [{"$densify": {"field": "v", "range": {"step": 1e-5, "bounds": [0, 4]}}},
                {"$setWindowFields": {"sortBy": {"v": 1}, "output": {"r": {"$push": "$v"}}}}],
    "out": [{"$lookup": {"from": "slow", "pipeline": [], "as": "x"}}, {"$project": {"x": {"$size": "$x"}}},
            {"$out": "to"}],
}


@pytest.mark.parametrize("name", SLOW)
def test_time_limits_and_kills(database, name):
    database.slow.insert_many([{"_id": i, "v": i} for i in range(4000)])
    with pytest.raises(ExecutionTimeout):
        list(database.slow.aggregate(SLOW[name], maxTimeMS=60))
    outcome = []

    def run():
        try:
            list(database.slow.aggregate(SLOW[name], comment="kill me"))
        except OperationFailure as error:
            outcome.append(error.code)

    runner = threading.Thread(target=run)
    runner.start()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and runner.is_alive():
        for op in database.client.admin.aggregate([{"$currentOp": {}}]):
            if op.get("command", {}).get("comment") == "kill me":
                database.client.admin.command("killOp", op=op["opid"])
        time.sleep(0.02)
    runner.join(30)
    assert outcome == [11601]
