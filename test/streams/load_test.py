# SPDX-License-Identifier: Apache-2.0
"""A thousand streams with mixed filters under random load, their clients connecting, dying and resuming: no event is lost
or doubled, and the server's memory stays flat.

FRESHET_LONG=1 (./dev test --long): ten minutes; in CI two; else half a minute. FRESHET_SEED=N: that run again.
"""
import asyncio
import os
import random
import struct
import threading
import time

import bson
import pymongo

from freshet_server import FreshetServer
from raw_stream import says_all_until

LONG = bool(os.environ.get("FRESHET_LONG"))
SECONDS = 600 if LONG else 120 if os.environ.get("CI") else 25
STREAMS = 1000
WRITES_PER_SECOND = 400
KEYS = 400  # of the filters by equality
COLLECTIONS = 20
DOCUMENTS_KEPT = 4000
MEMORY_GROWTH_MB_MAX = 60
# Who dies between two getMores leaves a cursor behind, as with any server, until it was idle for so long. With the ten minutes that
# are usual, what a run holds would grow to its end.
CURSOR_IDLE_MS = 6_000


class Wants:
    """A definition of a stream, and which documents it shows."""

    def __init__(self, number, choice):
        key, coll = number % KEYS, f"c{number % COLLECTIONS}"
        kind = choice.randrange(6)
        self.coll, self.stages = coll, []
        if kind == 0:  # every insert of one collection
            self.stages = [{"$match": {"operationType": "insert"}}]
            self.shows = lambda d: d["coll"] == coll
        elif kind == 1:  # one key of one collection
            self.stages = [{"$match": {"fullDocument.k": key}}]
            self.shows = lambda d: d["coll"] == coll and d["k"] == key
        elif kind == 2:  # one key of the database
            self.coll = 1
            self.stages = [{"$match": {"operationType": "insert", "fullDocument.k": key}}]
            self.shows = lambda d: d["k"] == key
        elif kind == 3:  # a few keys, and another shape
            keys = sorted({key, (key * 7) % KEYS, (key * 13) % KEYS})
            self.stages = [{"$match": {"fullDocument.k": {"$in": keys}}}, {"$project": {"fullDocument.n": 1}}]
            self.shows = lambda d: d["coll"] == coll and d["k"] in keys
        elif kind == 4:  # by namespace, and a rest that is no equality
            low = key - key % 8
            self.coll = 1
            self.stages = [{"$match": {"ns.coll": coll, "fullDocument.k": {"$gte": low, "$lt": low + 8}}}]
            self.shows = lambda d: d["coll"] == coll and low <= d["k"] < low + 8
        else:  # an expression
            self.stages = [{"$match": {"$expr": {"$eq": ["$fullDocument.k", key]}}}]
            self.shows = lambda d: d["coll"] == coll and d["k"] == key


class Client:
    """One stream and the connection it lives on; dies often, and goes on with the last token it has."""

    def __init__(self, port, number, seed):
        self.port = port
        self.random = random.Random(seed * 10000 + number)
        self.wants = Wants(number, self.random)
        self.token = None
        self.seen = []
        self.lives = 0

    async def call(self, wire, document):
        body = b"\0\0\0\0\0" + bson.encode({**document, "$db": "d"})
        wire[1].write(struct.pack("<iiii", 16 + len(body), 1, 0, 2013) + body)
        head = await wire[0].readexactly(16)
        reply = bson.decode((await wire[0].readexactly(struct.unpack_from("<i", head)[0] - 16))[5:])
        assert reply["ok"] == 1, reply
        return reply["cursor"]

    def take(self, cursor, events):
        for event in events:
            self.seen.append(event["fullDocument"]["n"])
        self.token = cursor["postBatchResumeToken"]

    async def live(self, until):
        """Opens the stream and reads until the time comes to die, or until `until(token)`."""
        wire = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            options = {"resumeAfter": self.token} if self.token else {}
            cursor = await self.call(wire, {"aggregate": self.wants.coll, "cursor": {}, "pipeline": [
                {"$changeStream": options}, *self.wants.stages]})
            self.take(cursor, cursor["firstBatch"])
            more = {"getMore": bson.Int64(cursor["id"]), "collection": cursor["ns"].split(".", 1)[1], "maxTimeMS": 2000}
            while not until(self.token):
                reply = asyncio.create_task(self.call(wire, more))
                if self.random.random() < 0.1:  # dies with a getMore under way; what it would have read comes again
                    await asyncio.sleep(self.random.random() / 10)
                    reply.cancel()
                    return
                cursor = await reply
                self.take(cursor, cursor["nextBatch"])
        finally:
            wire[1].close()

    async def run(self, ready, until):
        await self.live(lambda token: True)
        ready.release()
        while not until(self.token):
            self.lives += 1
            await self.live(until)


class Writer:
    """Inserts documents at a steady rate, in batches of random sizes, and remembers them."""

    def __init__(self, uri, seed):
        self.client = pymongo.MongoClient(uri)
        self.random = random.Random(seed)
        self.written = []
        self.end = None  # operation time of the last write
        self.thread = threading.Thread(target=self.run)

    def run(self):
        start = time.monotonic()
        while time.monotonic() - start < SECONDS:
            size = self.random.choice([1, 1, 1, 5, 40])
            coll = f"c{self.random.randrange(COLLECTIONS)}"
            documents = [{"n": len(self.written) + i, "k": self.random.randrange(KEYS), "pad": "x" * self.random.randrange(300)}
                         for i in range(size)]
            self.client.d[coll].insert_many(documents)
            self.written += [{"n": d["n"], "k": d["k"], "coll": coll} for d in documents]
            self.drop_old()
            ahead = len(self.written) / WRITES_PER_SECOND - (time.monotonic() - start)
            if ahead > 0:
                time.sleep(ahead)
        self.end = self.client.d.command("ping")["operationTime"]

    def drop_old(self):
        """Keeps the collections as large as they are, so that memory shows what streams cost; no stream shows deletes."""
        if self.random.random() < 0.1:
            coll = f"c{self.random.randrange(COLLECTIONS)}"
            self.client.d[coll].delete_many({"n": {"$lt": len(self.written) - DOCUMENTS_KEPT}})


class Others:
    """What else a server does meanwhile: updates, deletes, finds and aggregations of a collection whose documents no stream shows,
    though those of the database have to judge each change."""

    def __init__(self, uri, seed):
        self.collection = pymongo.MongoClient(uri).d.others
        self.random = random.Random(seed + 1)
        self.done = 0
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.stopping.wait(0.002):
            one = {"_id": self.random.randrange(1000)}
            kind = self.random.randrange(6)
            if kind == 0:
                self.collection.delete_one(one)
            elif kind == 1:
                self.collection.find_one(one)
            elif kind == 2:
                list(self.collection.aggregate([{"$group": {"_id": "$group", "n": {"$sum": "$hits"}}}]))
            elif kind == 3:
                list(self.collection.find({"group": self.random.randrange(10)}).sort("hits", -1).limit(10))
            else:
                group, pad = self.random.randrange(10), "y" * self.random.randrange(300)
                self.collection.update_one(one, {"$inc": {"hits": 1}, "$set": {"group": group, "pad": pad}}, upsert=True)
            self.done += 1


async def watch_memory(server, writer, samples):
    while writer.end is None:
        samples.append(server.rss_kb() / 1024)
        await asyncio.sleep(SECONDS / 50)


async def drive(server, seed):
    writer = Writer(server.uri, seed)
    for i in range(COLLECTIONS):
        writer.client.d.create_collection(f"c{i}")
    ready = asyncio.Semaphore(0)

    def until(token):
        return writer.end is not None and says_all_until(token, writer.end)

    clients = [Client(server.port, i, seed) for i in range(STREAMS)]
    running = [asyncio.create_task(client.run(ready, until)) for client in clients]
    for _ in clients:
        await ready.acquire()
    others = Others(server.uri, seed)
    writer.thread.start()
    others.thread.start()
    samples = []
    try:
        await asyncio.gather(watch_memory(server, writer, samples), *running)
    finally:
        others.stopping.set()
        others.thread.join()
    writer.thread.join()
    return clients, writer, others, samples


def test_a_thousand_streams():
    seed = int(os.environ.get("FRESHET_SEED", time.time_ns() % 10**6))
    with FreshetServer(args=["--history-size", "16MB", "--setParameter", f"cursorTimeoutMillis={CURSOR_IDLE_MS}"],
                       env={"ASAN_OPTIONS": "quarantine_size_mb=8"}) as server:  # freed is freed
        clients, writer, others, samples = asyncio.run(drive(server, seed))
        assert len(writer.written) > SECONDS * WRITES_PER_SECOND / 4, "the load never came"
        assert others.done > SECONDS * 10, "the other operations never came"
        delivered = 0
        for number, client in enumerate(clients):
            wanted = [document["n"] for document in writer.written if client.wants.shows(document)]
            assert client.seen == wanted, f"seed {seed}, stream {number}: {client.wants.stages}"
            delivered += len(wanted)
        lives = sum(client.lives for client in clients)
        shown = writer.client.admin.command("serverStatus")["metrics"]
        growth = max(samples[len(samples) // 2:]) - max(samples[:len(samples) // 3])
        print(f"\nseed {seed}: {len(writer.written)} writes, {others.done} other operations, {delivered} events delivered, {lives} lives of {STREAMS} streams, "
              f"memory {samples[0]:.0f} MB at the start, {samples[-1]:.0f} MB at the end, {shown['cursor']['open']['total']} cursors, "
              f"{shown['changeStreams']['wakes']} wakes")
        assert lives > STREAMS, "clients died"
        assert delivered > len(writer.written)
        assert growth < MEMORY_GROWTH_MB_MAX, samples
