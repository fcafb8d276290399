# SPDX-License-Identifier: Apache-2.0
"""Multi-document transactions as a client sees them: what they see, what they refuse, how they end."""
import threading
import time
import uuid
from pathlib import Path

import bson
import pymongo
import pytest
from bson.int64 import Int64
from freshet_server import FreshetServer, wait_until
from pymongo.errors import OperationFailure, WriteError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

TRANSIENT = "TransientTransactionError"


def code_of(call, *arguments, **options):
    """The code of the error that the call ends with, and whether the transaction may be begun again."""
    with pytest.raises(OperationFailure) as failed:
        call(*arguments, **options)
    return failed.value.code, failed.value.has_error_label(TRANSIENT)


@pytest.fixture
def session(client):
    with client.start_session() as made:
        yield made


def names(client):
    return set(client.sessions.list_collection_names())


# -- what a transaction sees -----------------------------------------------------------------------


def test_reads_its_own_writes_through_every_path(client, collection, session):
    collection.create_index("a")
    collection.create_index([("tags", 1)])
    collection.insert_many([{"_id": i, "a": i, "tags": [i, i + 100]} for i in range(10)])
    with session.start_transaction():
        collection.insert_one({"_id": 50, "a": 5, "tags": [7]}, session=session)
        collection.update_one({"_id": 3}, {"$set": {"a": 5}}, session=session)
        collection.delete_one({"_id": 5}, session=session)
        collection.update_many({"a": {"$gte": 8}}, {"$inc": {"a": 100}}, session=session)

        def ids(**options):
            return sorted(d["_id"] for d in collection.find(session=session, **options))

        assert ids(filter={"a": 5}) == [3, 50]                         # an index
        assert ids(filter={"a": 5}, hint={"$natural": 1}) == [3, 50]   # a scan
        assert ids(filter={"tags": 7}) == [7, 50]                      # a multikey index
        assert ids(filter={"_id": {"$in": [5, 50]}}) == [50]
        assert [d["a"] for d in collection.find({"a": {"$gt": 6}}, session=session).sort("a", -1)] == [109, 108, 7]
        assert collection.count_documents({}, session=session) == 10
        assert collection.distinct("a", {"a": {"$lt": 6}}, session=session) == [0, 1, 2, 4, 5]
        joined = collection.aggregate([{"$match": {"_id": 50}}, {"$lookup": {
            "from": collection.name, "localField": "a", "foreignField": "a", "as": "same"}}], session=session).next()
        assert sorted(d["_id"] for d in joined["same"]) == [3, 50]
        outside = sorted(d["_id"] for d in collection.find({"a": 5}))
        assert outside == [5]
    assert sorted(d["_id"] for d in collection.find({"a": 5})) == [3, 50]


def test_snapshot_stands_still(client, collection, session):
    collection.insert_one({"_id": 1, "n": 0})
    with session.start_transaction():
        assert collection.find_one(session=session)["n"] == 0
        collection.update_one({"_id": 1}, {"$set": {"n": 1}})
        client.sessions.later.insert_one({})
        assert collection.find_one(session=session)["n"] == 0
        assert client.sessions.later.find_one(session=session) is None
    client.sessions.later.drop()


def test_cursor_sees_its_transaction_across_batches(collection, session):
    collection.insert_many([{"_id": i} for i in range(6)])
    with session.start_transaction():
        cursor = collection.find(session=session, batch_size=2).sort("_id", 1)
        first = [next(cursor)["_id"], next(cursor)["_id"]]
        collection.insert_one({"_id": 4.5}, session=session)
        collection.insert_one({"_id": 100})
        collection.delete_one({"_id": 5}, session=session)
        rest = [d["_id"] for d in cursor]
    assert first == [0, 1] and rest == [2, 3, 4, 4.5]


def test_many_collections_and_databases(client, session):
    spaces = [client[f"sessions{i % 2}"][f"c{i}"] for i in range(6)]
    for space in spaces:
        space.drop()
        space.insert_one({"_id": 0})
    with session.start_transaction():
        for i, space in enumerate(spaces):
            space.insert_one({"_id": i + 1}, session=session)
        assert all(space.count_documents({}) == 1 for space in spaces)
    assert all(space.count_documents({}) == 2 for space in spaces)
    entry = client.local["oplog.rs"].find_one({"o.applyOps": {"$exists": True}}, sort=[("$natural", -1)])
    assert [op["ns"] for op in entry["o"]["applyOps"]] == [space.full_name for space in spaces]
    assert entry["prevOpTime"] == {"ts": bson.Timestamp(0, 0), "t": -1} and entry["lsid"]["id"]
    for space in spaces:
        client.drop_database(space.database.name)


# -- conflicts -------------------------------------------------------------------------------------


def test_conflict_at_once(client, collection, session):
    collection.insert_one({"_id": 1})
    with client.start_session() as other:
        session.start_transaction()
        other.start_transaction()
        collection.update_one({"_id": 1}, {"$set": {"by": 1}}, session=session)
        start = time.monotonic()
        assert code_of(collection.update_one, {"_id": 1}, {"$set": {"by": 2}}, session=other) == (112, True)
        assert time.monotonic() - start < 2
        assert code_of(other.commit_transaction) == (251, True)
        session.commit_transaction()
    assert collection.find_one() == {"_id": 1, "by": 1}


def test_more_waiting_writers_than_workers(server, client, collection, session):
    """They hold no thread while they wait: the transaction commits at once, then all of them finish."""
    writers = 60
    collection.insert_one({"_id": 1, "n": 0})
    with pymongo.MongoClient(server.uri, maxPoolSize=writers + 5) as many:
        target = many.sessions[collection.name]
        session.start_transaction()
        collection.update_one({"_id": 1}, {"$inc": {"n": 1000}}, session=session)
        calls = [lambda: target.update_one({"_id": 1}, {"$inc": {"n": 1}}),
                 lambda: target.find_one_and_update({"_id": 1}, {"$inc": {"n": 1}}),
                 lambda: target.bulk_write([pymongo.UpdateOne({"_id": 1}, {"$inc": {"n": 1}})])]
        threads = [threading.Thread(target=calls[i % 3]) for i in range(writers)]
        for thread in threads:
            thread.start()
        wait_until(lambda: sum(bool(op.get("parked")) for op in client.admin.command("currentOp")["inprog"]) >= writers,
                   timeout=30, what="all writers wait")
        start = time.monotonic()
        session.commit_transaction()
        took = time.monotonic() - start
        for thread in threads:
            thread.join(30)
        assert not any(thread.is_alive() for thread in threads)
    assert took < 3
    assert collection.find_one()["n"] == 1000 + writers


def test_waiting_writer_runs_out_of_time(collection, session):
    collection.insert_one({"_id": 1})
    with session.start_transaction():
        collection.update_one({"_id": 1}, {"$set": {"a": 1}}, session=session)
        with pytest.raises(OperationFailure) as late:
            collection.database.command({"update": collection.name, "updates": [{"q": {"_id": 1}, "u": {"$set": {"a": 2}}}],
                                         "maxTimeMS": 100})
        assert late.value.code == 50


# -- errors end it ---------------------------------------------------------------------------------


def test_a_write_error_aborts(collection, session):
    collection.insert_one({"_id": 1})
    session.start_transaction()
    collection.insert_one({"_id": 2}, session=session)
    with pytest.raises(WriteError) as duplicate:
        collection.insert_one({"_id": 1}, session=session)
    assert duplicate.value.code == 11000
    assert code_of(collection.find_one, session=session) == (251, True)
    session.abort_transaction()
    assert collection.count_documents({}) == 1


def test_refused_commands_leave_it_alone(client, collection, session):
    session.start_transaction()
    collection.insert_one({"_id": 1}, session=session)
    for refused in ({"count": collection.name}, {"listCollections": 1}, {"ping": 1}, {"drop": collection.name},
                    {"collMod": collection.name}, {"dbStats": 1}):
        assert code_of(client.sessions.command, refused, session=session) == (263, False)
    for internal in (client.local.c, client.config.c):
        assert code_of(internal.find_one, session=session) == (263, False)
    session.commit_transaction()
    assert collection.count_documents({}) == 1


@pytest.mark.parametrize("stage", [{"$out": "x"}, {"$merge": "x"}, {"$changeStream": {}}, {"$collStats": {"count": {}}}])
def test_refused_stages_end_it(collection, session, stage):
    collection.insert_one({"_id": 1})
    session.start_transaction()
    assert code_of(collection.aggregate, [stage], session=session) == (263, False)
    assert code_of(session.commit_transaction) == (251, True)


def test_capped_collections_are_not_written(client, session):
    client.sessions.drop_collection("capped")
    client.sessions.create_collection("capped", capped=True, size=4096)
    session.start_transaction()
    assert client.sessions.capped.find_one(session=session) is None
    with pytest.raises(OperationFailure) as refused:
        client.sessions.capped.insert_one({}, session=session)
    assert refused.value.code == 263
    session.abort_transaction()


# -- numbers and states ----------------------------------------------------------------------------


class Raw:
    """Statements with numbers of one's own."""

    def __init__(self, client):
        self.client = client
        self.lsid = {"id": bson.Binary(uuid.uuid4().bytes, 4)}

    def run(self, command, number, db="sessions", **more):
        fields = {"lsid": self.lsid, "txnNumber": Int64(number), **more}
        return self._send(db, {**command, **fields})

    def _send(self, db, command):
        with self.client._conn_for_reads(pymongo.ReadPreference.PRIMARY, None, operation="command") as (connection, _):
            return connection.command(db, bson.SON(command), check=True)

    def statement(self, command, number, start=False, **more):
        begin = {"startTransaction": True} if start else {}
        return self.run(command, number, autocommit=False, **begin, **more)

    def end(self, how, number, **more):
        return self.statement({how: 1}, number, db="admin", **more)


@pytest.fixture
def raw(client):
    return Raw(client)


def insert(collection, key):
    return {"insert": collection.name, "documents": [{"_id": key}]}


def test_states(collection, raw):
    raw.statement(insert(collection, 1), 5, start=True)
    assert code_of(raw.statement, insert(collection, 2), 4) == (225, False)
    assert code_of(raw.statement, insert(collection, 2), 6) == (251, True)
    assert code_of(raw.statement, insert(collection, 2), 5, start=True)[0] == 117
    raw.end("commitTransaction", 5)
    raw.end("commitTransaction", 5)  # idempotent
    assert code_of(raw.end, "abortTransaction", 5) == (256, False)
    assert code_of(raw.statement, insert(collection, 2), 5) == (256, False)
    raw.statement(insert(collection, 3), 6, start=True)
    raw.end("abortTransaction", 6)
    assert code_of(raw.end, "abortTransaction", 6) == (251, True)
    assert code_of(raw.end, "commitTransaction", 6) == (251, True)
    assert [d["_id"] for d in collection.find()] == [1]


def test_a_newer_number_ends_the_older(collection, raw):
    raw.statement(insert(collection, 1), 1, start=True)
    raw.statement(insert(collection, 2), 2, start=True)
    raw.end("commitTransaction", 2)
    raw.statement(insert(collection, 3), 3, start=True)
    raw.run(insert(collection, 4), 4)  # a retryable write
    assert code_of(raw.statement, insert(collection, 5), 3) == (225, False)
    assert code_of(raw.statement, insert(collection, 5), 4, start=True)[0] == 117
    assert sorted(d["_id"] for d in collection.find()) == [2, 4]


def test_arguments(collection, raw):
    one = insert(collection, 1)
    assert code_of(raw.run, one, 1, startTransaction=True)[0] == 72
    assert code_of(raw.run, one, 1, autocommit=True)[0] == 72
    assert code_of(raw.run, one, 1, autocommit=False, startTransaction=False)[0] == 72
    assert code_of(raw.run, {"create": "x"}, 1)[0] == 50768
    assert code_of(raw.statement, one, 1, start=True, writeConcern={"w": 1})[0] == 72
    assert code_of(raw.statement, {"find": collection.name}, 1, start=True, readConcern={"level": "linearizable"})[0] == 72
    raw.statement(one, 1, start=True, readConcern={"level": "snapshot"})
    assert code_of(raw.statement, {"find": collection.name}, 1, readConcern={"level": "snapshot"})[0] == 72
    assert code_of(raw.end, "commitTransaction", 1, readConcern={"level": "local"})[0] == 72
    raw.end("commitTransaction", 1)
    assert code_of(raw.client.sessions.command, {"commitTransaction": 1})[0] == 13
    assert code_of(raw.client.admin.command, {"abortTransaction": 1})[0] == 125


def test_numbers_survive_a_restart(tmp_path):
    with FreshetServer(durable=True) as server, pymongo.MongoClient(server.uri) as client:
        collection = client.sessions.c
        raw = Raw(client)
        raw.statement(insert(collection, 1), 7, start=True)
        raw.end("commitTransaction", 7)
        open_one = Raw(client)
        open_one.statement(insert(collection, 2), 3, start=True)
        server.restart(kill=True)
        wait_until(lambda: client.admin.command("ping"), what="the server is back")
        raw.end("commitTransaction", 7)
        assert code_of(raw.statement, insert(collection, 3), 7) == (256, False)
        assert code_of(raw.run, insert(collection, 3), 6) == (225, False)
        assert code_of(open_one.end, "commitTransaction", 3) == (251, True)
        assert [d["_id"] for d in collection.find()] == [1]


# -- creating inside -------------------------------------------------------------------------------


def test_creates_collections_and_indexes(client, session):
    client.drop_database("sessions_new")
    db = client.sessions_new
    with session.start_transaction():
        db.create_collection("made", session=session)
        db.made.create_index("a", unique=True, session=session)
        db.made.insert_one({"_id": 1, "a": 1}, session=session)
        db.implied.insert_one({"_id": 2}, session=session)
        db.upserted.update_one({"_id": 3}, {"$set": {"a": 3}}, upsert=True, session=session)
        db.indexed.create_index("b", session=session)
        assert db.made.find_one({"a": 1}, session=session)["_id"] == 1
        assert db.list_collection_names() == []
    assert sorted(db.list_collection_names()) == ["implied", "indexed", "made", "upserted"]
    assert sorted(db.made.index_information()) == ["_id_", "a_1"]
    assert db.made.find({"a": 1}).explain()["queryPlanner"]["winningPlan"]["stage"] == "FETCH"
    with pytest.raises(pymongo.errors.DuplicateKeyError):
        db.made.insert_one({"a": 1})
    session.start_transaction()
    db.other.insert_one({}, session=session)
    session.abort_transaction()
    assert "other" not in db.list_collection_names()
    client.drop_database("sessions_new")


def test_creating_conflicts(client, session):
    client.sessions.drop_collection("wanted")
    with client.start_session() as other:
        session.start_transaction()
        other.start_transaction()
        client.sessions.wanted.insert_one({"_id": 1}, session=session)
        assert code_of(client.sessions.wanted.insert_one, {"_id": 2}, session=other) == (112, True)
        session.commit_transaction()
    session.start_transaction()
    client.sessions.wanted2.insert_one({"_id": 1}, session=session)
    client.sessions.wanted2.insert_one({"_id": 2})
    assert code_of(session.commit_transaction) == (112, True)
    assert [d["_id"] for d in client.sessions.wanted2.find()] == [2]
    client.sessions.wanted2.drop()
    client.sessions.create_collection("there")
    session.start_transaction()
    assert code_of(client.sessions.command, "create", "there", session=session) == (48, False)
    client.sessions.there.drop()


def test_indexes_only_on_what_it_created(client, collection, session):
    collection.insert_one({"a": 1})
    session.start_transaction()
    assert code_of(collection.create_index, "a", session=session) == (263, False)
    session.abort_transaction()
    session.start_transaction()
    client.sessions.fresh.insert_one({"a": 1}, session=session)
    assert code_of(client.sessions.fresh.create_index, "a", session=session) == (263, False)
    session.abort_transaction()


def test_a_dropped_collection_is_a_conflict(client, session):
    client.sessions.going.insert_one({"_id": 1})
    session.start_transaction()
    client.sessions.going.insert_one({"_id": 2}, session=session)
    client.sessions.going.drop()
    assert code_of(session.commit_transaction) == (112, True)
    assert "going" not in names(client)


# -- how long, how large ---------------------------------------------------------------------------


def test_lifetime():
    arguments = ("--setParameter", "transactionLifetimeLimitSeconds=1")
    with FreshetServer(args=arguments) as server, pymongo.MongoClient(server.uri) as client:
        client.sessions.c.insert_one({"_id": 1, "n": 0})
        with client.start_session() as session:
            session.start_transaction()
            client.sessions.c.update_one({"_id": 1}, {"$set": {"n": 1}}, session=session)
            client.sessions.c.update_one({"_id": 1}, {"$inc": {"n": 5}})  # waits until it is over
            assert code_of(session.commit_transaction) == (251, True)
        assert client.sessions.c.find_one()["n"] == 5
        client.admin.command("setParameter", 1, transactionLifetimeLimitSeconds=30)
        assert client.admin.command("getParameter", transactionLifetimeLimitSeconds=1)["transactionLifetimeLimitSeconds"] == 30


def test_too_large_and_chains():
    with FreshetServer(args=("--setParameter", f"txnBytesMax={40 << 20}")) as server, pymongo.MongoClient(server.uri) as client:
        collection = client.sessions.create_collection("c")
        text = "x" * (1 << 20)
        with client.start_session() as session, collection.watch() as stream:
            with session.start_transaction():
                collection.insert_many([{"_id": i, "t": text} for i in range(35)], session=session)
            events = [stream.next() for _ in range(35)]
            assert [e["documentKey"]["_id"] for e in events] == list(range(35))
            assert {(e["lsid"]["id"], e["txnNumber"]) for e in events} == {(session.session_id["id"], 1)}
            chain = list(client.local["oplog.rs"].find({"o.applyOps": {"$exists": True}}, {"o.applyOps": 0}))
            assert len(chain) == 3 and [bool(e["o"].get("partialTxn")) for e in chain] == [True, True, False]
            assert chain[2]["o"]["count"] == 35
            assert [e["prevOpTime"]["ts"] for e in chain[1:]] == [e["ts"] for e in chain[:2]]
            for resume in (0, 14, 20, 34):
                with collection.watch(resume_after=events[resume]["_id"]) as again:
                    got = [again.next()["documentKey"]["_id"] for _ in range(34 - resume)]
                    assert got == list(range(resume + 1, 35)) and again.try_next() is None
            session.start_transaction()
            with pytest.raises(OperationFailure) as large:
                collection.insert_many([{"t": text} for _ in range(45)], session=session)
            assert large.value.code == 257
            session.abort_transaction()
        assert collection.count_documents({}) == 35


def test_memory_of_all_open_transactions_is_bounded():
    arguments = ("--setParameter", f"transactionsMemoryBytesMax={8 << 20}")
    with FreshetServer(args=arguments) as server, pymongo.MongoClient(server.uri) as client:
        sessions = [client.start_session() for _ in range(10)]
        refused = 0
        for session in sessions:
            session.start_transaction()
            try:
                client.sessions.c.insert_one({"t": "x" * (1 << 20)}, session=session)
            except OperationFailure as error:
                assert error.code == 112 and error.has_error_label(TRANSIENT)
                refused += 1
        assert 0 < refused < 10
        for session in sessions:
            session.end_session()


def test_idle_transactions_cost_no_thread(server, client, collection):
    before = len(list(Path(f"/proc/{server.pid}/task").iterdir()))
    client.sessions.create_collection(collection.name)
    sessions = [client.start_session() for _ in range(300)]
    for i, session in enumerate(sessions):
        session.start_transaction()
        collection.insert_one({"_id": i}, session=session)
    assert len(list(Path(f"/proc/{server.pid}/task").iterdir())) == before
    assert client.admin.command("serverStatus")["transactions"]["currentOpen"] == 300
    for session in sessions:
        session.abort_transaction()


# -- sessions --------------------------------------------------------------------------------------


def test_killing_sessions(client, collection, raw):
    raw.statement(insert(collection, 1), 1, start=True)
    client.admin.command("killSessions", [raw.lsid])
    assert code_of(raw.statement, insert(collection, 2), 1) == (251, True)
    raw.statement(insert(collection, 3), 2, start=True)
    client.admin.command("killAllSessions", [])
    assert code_of(raw.end, "commitTransaction", 2) == (251, True)
    assert collection.count_documents({}) == 0


def test_step_down_aborts(client, collection, raw):
    raw.statement(insert(collection, 1), 1, start=True)
    client.admin.command("replSetStepDown", 1, force=True)
    wait_until(lambda: client.admin.command("hello")["isWritablePrimary"], what="primary again")
    assert code_of(raw.end, "commitTransaction", 1) == (251, True)


def test_with_transaction_after_conflicts(client, collection):
    collection.insert_one({"_id": 1, "n": 0})

    def work():
        def add(session):
            n = collection.find_one({"_id": 1}, session=session)["n"]
            collection.update_one({"_id": 1}, {"$set": {"n": n + 1}}, session=session)
        for _ in range(20):
            with client.start_session() as session:
                session.with_transaction(add, read_concern=ReadConcern("snapshot"), write_concern=WriteConcern("majority"))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert collection.find_one()["n"] == 160
