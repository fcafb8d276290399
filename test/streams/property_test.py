# SPDX-License-Identifier: Apache-2.0
"""Random histories, seen by streams of every level with every option: folding the events over a snapshot gives the
collections, and resuming at each token gives exactly the rest, also when the server dies in between.

FRESHET_LONG=1 (./dev test --long): more seeds, longer histories, every token.
FRESHET_SEED=N: that history alone.
"""
import os
import threading

import pymongo
import pytest
from pymongo.errors import PyMongoError

from fold import Folded, contents_of
from freshet_server import FreshetServer
from random_writes import COLLECTIONS, RandomWrites
from raw_stream import RawStream

LONG = bool(os.environ.get("FRESHET_LONG"))
SEEDS = [int(os.environ["FRESHET_SEED"])] if "FRESHET_SEED" in os.environ else range(1, 13 if LONG else 5)
STEPS = 600 if LONG else 150
TOKEN_STEP = 1 if LONG else 5

OPTIONS = {
    "plain": {},
    "expanded": {"showExpandedEvents": True},
    "lookup": {"fullDocument": "updateLookup"},
    "images": {"fullDocument": "required", "fullDocumentBeforeChange": "required"},
    "available": {"fullDocument": "whenAvailable", "fullDocumentBeforeChange": "whenAvailable", "showExpandedEvents": True},
    "raw": {"showRawUpdateDescription": True, "fullDocument": "required", "showSystemEvents": True},
    "tolerant": {"showErrorsAsEvents": True, "showMigrationEvents": True, "fullDocumentBeforeChange": "required"},
}
STAGES = {"raw": [{"$changeStreamSplitLargeEvent": {}}], "tolerant": [{"$match": {"operationType": {"$exists": True}}}]}


@pytest.fixture(scope="module")
def images_client():
    with FreshetServer(args=["--keep-images"]) as server, pymongo.MongoClient(server.uri) as client:
        yield client


class Watch:
    """A stream that is opened again where it ended: behind an invalidate event, with startAfter."""

    def __init__(self, db, level, option, **start):
        self.db, self.level, self.option = db, level, option
        self.events = []
        self.stream = self.open(**start)

    def open(self, **start):
        options = {**OPTIONS[self.option], **start}
        coll = self.level if self.level in COLLECTIONS else 1
        return RawStream(self.db, coll, STAGES.get(self.option, []), cluster=self.level == "cluster", **options)

    def read(self, batch_size=None):
        while True:
            self.events += self.stream.drain(batch_size)
            if self.stream.open:
                return self.events
            self.stream = self.open(startAfter=self.events[-1]["_id"])


def comparable(events):
    """What a lookup finds depends on when it looks."""
    return [{k: v for k, v in e.items() if not (k == "fullDocument" and e["operationType"] == "update")} for e in events]


def fold(events, level, snapshot):
    """The collections that a stream of that level shows."""
    folded = Folded(snapshot if level in ("db", "cluster") else {level: snapshot.get(level, {})})
    for event in events:
        if level in COLLECTIONS and event["operationType"] == "rename":
            # One that came is not described, one that went is gone: its consumer reads the collection anew.
            return None
        folded.apply(event)
    return folded.contents()


def levels():
    return ["red", "db", "cluster"]


@pytest.mark.parametrize("seed", SEEDS)
def test_folding_and_resuming(images_client, seed):
    db = images_client[f"seed{seed}"]
    writes = RandomWrites(db, seed)
    for _ in range(20):
        writes.step()
    snapshot = contents_of(db, COLLECTIONS)
    watches = [Watch(db, level, option) for level in levels() for option in OPTIONS]
    for i in range(STEPS):
        writes.step()
        if writes.random.random() < 0.05:
            writes.random.choice(watches).read(batch_size=writes.random.choice([1, 3, None]))
    now = contents_of(db, COLLECTIONS)
    for watch in watches:
        events = watch.read()
        assert len(events) > 20
        if watch.option == "lookup":
            for event in events:
                event["lookup"] = True
        seen = fold(events, watch.level, snapshot)
        wanted = now if watch.level != "red" else {k: v for k, v in now.items() if k == "red"}
        assert seen is None or seen == wanted, f"seed {seed}, {watch.level}, {watch.option}"
        for event in events:
            event.pop("lookup", None)
        for at in range(writes.random.randrange(TOKEN_STEP), len(events), TOKEN_STEP):
            rest = Watch(db, watch.level, watch.option, startAfter=events[at]["_id"]).read()
            assert comparable(rest) == comparable(events[at + 1:]), f"seed {seed}, {watch.level}, {watch.option}, event {at}"
    images_client.drop_database(db.name)


@pytest.mark.parametrize("seed", SEEDS)
def test_crashes(seed):
    """Kills the server while it writes; streams resume by the last token they saw."""
    with FreshetServer(durable=True, args=["--keep-images"]) as server:
        tokens, events, snapshot = {}, {}, {}
        for round_ in range(6 if LONG else 3):
            with pymongo.MongoClient(server.uri, retryWrites=False, serverSelectionTimeoutMS=10000) as client:
                db = client.d
                if round_ == 0:
                    keys = [(level, option) for level in ("db", "cluster") for option in OPTIONS]
                    for key in keys:
                        tokens[key], events[key] = Watch(db, *key).stream.token, []
                for key, token in tokens.items():
                    events[key] += Watch(db, *key, startAfter=token).read() if round_ else []
                stop, writer = threading.Event(), RandomWrites(db, seed * 100 + round_)

                def write():
                    while not stop.is_set():
                        try:
                            writer.step()
                        except PyMongoError:
                            return

                thread = threading.Thread(target=write)
                thread.start()
                for key in tokens:
                    watch = Watch(db, *key, startAfter=events[key][-1]["_id"] if events[key] else tokens[key])
                    events[key] += watch.read(batch_size=7)
                    tokens[key] = events[key][-1]["_id"] if events[key] else watch.stream.token
                server.kill9()
                stop.set()
                thread.join()
            server.restart()
        with pymongo.MongoClient(server.uri) as client:
            now = contents_of(client.d, COLLECTIONS)
            for key, token in tokens.items():
                events[key] += Watch(client.d, *key, startAfter=token).read()
                if key[1] == "lookup":
                    for event in events[key]:
                        event["lookup"] = True
                assert fold(events[key], key[0], snapshot) == now, f"seed {seed}, {key}"
            order = [event["_id"]["_data"] for event in events["cluster", "expanded"]]
            assert order == sorted(set(order))
