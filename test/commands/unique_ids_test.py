# SPDX-License-Identifier: Apache-2.0
"""Each _id once, whoever inserts it in which order: most inserts are spared the look into the index (storage/commit/new_keys),
and more keys than it remembers pass through here."""
import random
import sys
import threading
from pathlib import Path

import pymongo
from pymongo.errors import BulkWriteError

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))

from freshet_server import FreshetServer  # noqa: E402

IDS = 50_000
WRITERS = 4  # each id by two of them
WINDOW = 3_000  # how far the order of a writer is from that of the ids
DUPLICATE_KEY = 11000


def insert(collection, ids):
    """Gives the ids that were inserted."""
    try:
        collection.insert_many([{"_id": i} for i in ids], ordered=False)
        return set(ids)
    except BulkWriteError as error:
        errors = error.details["writeErrors"]
        assert {e["code"] for e in errors} == {DUPLICATE_KEY}, errors
        return set(ids) - {e["op"]["_id"] for e in errors}


class Writer(threading.Thread):
    def __init__(self, uri, number, seed):
        super().__init__(daemon=True)
        self.client = pymongo.MongoClient(uri)
        chance = random.Random(seed + number)
        self.ids = sorted((i for i in range(IDS) if i % 2 == number % 2),
                          key=lambda i: i + chance.randrange(WINDOW))
        self.done = []

    def run(self):
        for at in range(0, len(self.ids), 500):
            self.done += insert(self.client.d.c, self.ids[at:at + 500])


def test_each_id_once():
    seed = random.randrange(1 << 20)
    with FreshetServer(durable=True) as server:
        writers = [Writer(server.uri, number, seed) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        done = [i for writer in writers for i in writer.done]
        assert sorted(done) == list(range(IDS)), f"seed {seed}"

        collection = writers[0].client.d.c
        assert collection.count_documents({}) == IDS
        some = random.Random(seed).sample(range(IDS), 500)
        assert insert(collection, some) == set()
        collection.delete_many({"_id": {"$in": some[:100]}})
        assert insert(collection, some) == set(some[:100]), f"seed {seed}"

        server.stop()
        server.start()
        collection = pymongo.MongoClient(server.uri).d.c
        assert insert(collection, [*some, IDS + 1, IDS]) == {IDS, IDS + 1}
        assert collection.database.command("validate", "c")["valid"]
