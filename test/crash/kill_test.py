# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments under load. After each restart no acknowledged majority write is missing, documents, indexes and
log agree, and a stream resumed from its last token delivers exactly the acknowledged rest.

Rounds: $FRESHET_CRASH_ROUNDS. The seed stands in every failure ($FRESHET_CRASH_SEED replays it).
"""
import os
import random
import sys
import threading
import time
from pathlib import Path

import pymongo
import pytest
from pymongo.errors import AutoReconnect, DuplicateKeyError, PyMongoError

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))

from freshet_server import FreshetServer  # noqa: E402

ROUNDS = int(os.environ.get("FRESHET_CRASH_ROUNDS", "5"))
SEED = int(os.environ.get("FRESHET_CRASH_SEED", random.randrange(1 << 30)))
WRITERS = 4
KEYS_PER_WRITER = 30


class Writer(threading.Thread):
    """Writes only its own keys, so it knows what each must hold: the last acknowledged state, or that of one write
    whose answer never came."""

    def __init__(self, uri, number, seed):
        super().__init__(daemon=True)
        self.client = pymongo.MongoClient(uri, retryWrites=False, serverSelectionTimeoutMS=20000)
        self.collection = self.client.crash.get_collection("docs")
        self.number = number
        self.chance = random.Random(seed * 1000 + number)
        self.known = {}      # key -> value acknowledged last; absent: not there
        self.unsure = {}     # key -> the state a write without answer would have left
        self.acknowledged = 0
        self.stopping = False

    def run(self):
        while not self.stopping:
            key = f"{self.number}-{self.chance.randrange(KEYS_PER_WRITER)}"
            if key in self.unsure:
                if not self.settle(key):
                    continue
            try:
                self.write(key)
            except (AutoReconnect, PyMongoError):
                time.sleep(0.02)

    def settle(self, key):
        """Reads what an unanswered write came to."""
        try:
            found = self.collection.find_one({"_id": key})
        except PyMongoError:
            time.sleep(0.02)
            return False
        state = found["v"] if found else None
        assert state in (self.known.get(key), self.unsure[key]), (key, state, self.known.get(key), self.unsure[key])
        self.set_known(key, state)
        del self.unsure[key]
        return True

    def set_known(self, key, state):
        if state is None:
            self.known.pop(key, None)
        else:
            self.known[key] = state

    def write(self, key):
        value = self.chance.randrange(1 << 40)
        kind = "insert" if key not in self.known else self.chance.choice(["set", "replace", "delete"])
        self.unsure[key] = None if kind == "delete" else value
        if kind == "insert":
            self.collection.insert_one({"_id": key, "v": value, "tags": [value % 7, value % 11]})
        elif kind == "set":
            self.collection.update_one({"_id": key}, {"$set": {"v": value}, "$push": {"tags": value % 5}})
        elif kind == "replace":
            self.collection.replace_one({"_id": key}, {"v": value, "tags": [value % 3]})
        else:
            self.collection.delete_one({"_id": key})
        self.set_known(key, self.unsure.pop(key))
        self.acknowledged += 1


class Follower(threading.Thread):
    """Folds the stream into documents; notices an event seen twice or out of order."""

    def __init__(self, uri, token):
        super().__init__(daemon=True)
        self.client = pymongo.MongoClient(uri, serverSelectionTimeoutMS=20000)
        self.token = token
        self.documents = {}
        self.last = ""
        self.events = 0
        self.stopping = False
        self.problem = None

    def run(self):
        while not self.stopping and self.problem is None:
            try:
                with self.client.crash.docs.watch(resume_after=self.token, max_await_time_ms=200) as stream:
                    while not self.stopping and self.problem is None:
                        change = stream.try_next()
                        if change is not None:
                            self.take(change)
            except PyMongoError:
                time.sleep(0.02)

    def take(self, change):
        token = change["_id"]["_data"]
        if token <= self.last:
            self.problem = f"{token} came after {self.last}"
            return
        self.last, self.token = token, change["_id"]
        self.events += 1
        key = change["documentKey"]["_id"]
        kind = change["operationType"]
        if kind in ("insert", "replace"):
            self.documents[key] = change["fullDocument"]["v"]
        elif kind == "update":
            self.documents[key] = change["updateDescription"]["updatedFields"].get("v", self.documents[key])
        elif kind == "delete":
            if key not in self.documents:
                self.problem = f"delete of {key}, which the stream never showed"
                return
            del self.documents[key]


def check(server, writers, follower):
    client = pymongo.MongoClient(server.uri, serverSelectionTimeoutMS=20000)
    for writer in writers:
        for key in list(writer.unsure):
            while not writer.settle(key):
                pass
    wanted = {key: value for writer in writers for key, value in writer.known.items()}
    stored = {d["_id"]: d["v"] for d in client.crash.docs.find()}
    assert stored == wanted, f"seed {SEED}: documents differ"
    result = client.crash.command("validate", "docs", full=True)
    assert result["valid"], f"seed {SEED}: {result['errors']}"
    for index in ("v_1", "tags_1"):
        field = index[:-2]
        assert {d["_id"] for d in client.crash.docs.find({field: {"$gte": 0}}).hint(index)} == set(stored)
    assert client.crash.docs.estimated_document_count() == len(stored), f"seed {SEED}: the count differs"
    deadline = time.monotonic() + 30
    while follower.documents != stored and follower.problem is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert follower.problem is None, f"seed {SEED}: {follower.problem}"
    assert follower.documents == stored, f"seed {SEED}: the stream shows something else than the documents"


@pytest.mark.timeout(600)
def test_kill_under_load():
    chance = random.Random(SEED)
    with FreshetServer(durable=True) as server:
        client = pymongo.MongoClient(server.uri)
        client.crash.create_collection("docs")
        client.crash.docs.create_index("v")
        client.crash.docs.create_index("tags")
        with client.crash.docs.watch() as stream:
            follower = Follower(server.uri, stream.resume_token)
        follower.start()
        writers = [Writer(server.uri, number, SEED) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        for round_number in range(ROUNDS):
            before = sum(writer.acknowledged for writer in writers)
            time.sleep(0.3 + chance.random() * 1.5)
            server.kill9()
            server.restart()
            deadline = time.monotonic() + 30
            while sum(writer.acknowledged for writer in writers) == before and time.monotonic() < deadline:
                time.sleep(0.05)
            assert all(writer.is_alive() for writer in writers), f"seed {SEED}: a writer saw a state nobody wrote"
        time.sleep(0.5)
        for writer in writers:
            writer.stopping = True
        for writer in writers:
            writer.join(30)
        server.kill9()
        server.restart()
        check(server, writers, follower)
        follower.stopping = True
        print(f"seed {SEED}: {sum(w.acknowledged for w in writers)} writes, {follower.events} events, {ROUNDS + 1} kills")
        assert sum(writer.acknowledged for writer in writers) > 50


def test_unacknowledged_tail_is_whole_or_absent():
    """A bulk insert that is cut by kill -9 leaves a prefix of its chunks, each with its log entries."""
    with FreshetServer(durable=True) as server:
        client = pymongo.MongoClient(server.uri, retryWrites=False)
        client.crash.docs.insert_one({"_id": -1})

        def bulk():
            try:
                pymongo.MongoClient(server.uri, retryWrites=False).crash.docs.insert_many(
                    [{"_id": i, "pad": "x" * 200} for i in range(20000)])
            except (PyMongoError, DuplicateKeyError):
                pass

        thread = threading.Thread(target=bulk)
        thread.start()
        time.sleep(0.15)
        server.kill9()
        server.restart()
        thread.join(60)
        ids = sorted(d["_id"] for d in client.crash.docs.find({}, {"_id": 1}))
        assert ids == list(range(-1, len(ids) - 1))
        logged = [e["o"]["_id"] for e in client.local.oplog.rs.find({"op": "i", "ns": "crash.docs"})]
        assert logged == ids
        assert client.crash.command("validate", "docs", full=True)["valid"]
