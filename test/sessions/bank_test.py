# SPDX-License-Identifier: Apache-2.0
"""A bank: clients move money with withTransaction, under contention. The sum never changes, whoever looks and however: queries,
snapshot reads over both collections, and the change stream, folded transaction by transaction. And what a snapshot read at a
time shows is what the stream folded up to that time gives.
"""
import bisect
import os
import random
import threading
import time

import pymongo
from conftest import TEST_COMMANDS
from freshet_server import FreshetServer
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

SECONDS = float(os.environ.get("FRESHET_BANK_SECONDS", "6"))
SEED = int(os.environ.get("FRESHET_BANK_SEED", random.randrange(1 << 30)))
CLIENTS = 16
ACCOUNTS = 12
BALANCE = 100
SUM = 2 * ACCOUNTS * BALANCE


class Worker(threading.Thread):
    def __init__(self, uri, number):
        super().__init__(daemon=True)
        self.client = pymongo.MongoClient(uri)
        self.chance = random.Random(SEED * 100 + number)
        self.bank = self.client.bank
        self.problem = None
        self.count = 0

    def run(self):
        try:
            until = time.monotonic() + SECONDS
            while time.monotonic() < until:
                self.work()
                self.count += 1
        except Exception as error:  # pylint: disable=broad-except
            self.problem = error


class Mover(Worker):
    """From an account of one collection to one of the other, sometimes closing and opening accounts on the way."""

    def work(self):
        with self.client.start_session() as session:
            session.with_transaction(self.move, ReadConcern("snapshot"), WriteConcern("majority"))

    def move(self, session):
        source, target = self.chance.sample([self.bank.left, self.bank.right], 2)
        account = source.find_one({"_id": self.chance.randrange(ACCOUNTS)}, session=session)
        amount = self.chance.randrange(0, 20)
        if account is None or account["balance"] < amount:
            return
        if account["balance"] == amount:
            source.delete_one({"_id": account["_id"]}, session=session)
        else:
            source.update_one({"_id": account["_id"]}, {"$inc": {"balance": -amount}}, session=session)
        target.update_one({"_id": self.chance.randrange(ACCOUNTS)}, {"$inc": {"balance": amount}}, upsert=True, session=session)


class Auditor(Worker):
    """One query sees one moment."""

    def work(self):
        rows = self.bank.left.aggregate([{"$unionWith": "right"}, {"$group": {"_id": None, "sum": {"$sum": "$balance"}}}])
        assert [row["sum"] for row in rows] == [SUM], SEED


class SnapshotAuditor(Worker):
    """Two collections, read one after the other at one time. Keeps what it saw."""

    def __init__(self, uri, number):
        super().__init__(uri, number)
        self.seen = []

    def work(self):
        with self.client.start_session(snapshot=True) as session:
            left = {d["_id"]: d["balance"] for d in self.bank.left.find(session=session)}
            time.sleep(self.chance.random() * 0.05)
            right = {d["_id"]: d["balance"] for d in self.bank.right.find(session=session, batch_size=3)}
            assert sum(left.values()) + sum(right.values()) == SUM, SEED
            self.seen.append((session._snapshot_time, left, right))


class TransactionAuditor(Worker):
    def work(self):
        with self.client.start_session() as session, session.start_transaction():
            total = sum(d["balance"] for c in (self.bank.left, self.bank.right) for d in c.find(session=session, batch_size=2))
            assert total == SUM, SEED


class Follower(threading.Thread):
    """Folds the stream; between transactions the sum must be right. Keeps the state after each time."""

    def __init__(self, uri, start):
        super().__init__(daemon=True)
        self.client = pymongo.MongoClient(uri)
        self.state = {"left": {}, "right": {}}
        self.stream = self.client.bank.watch(start_at_operation_time=start, max_await_time_ms=100)
        self.times, self.states = [], []
        self.problem = None
        self.stopping = False
        self.transactions = set()

    def run(self):
        try:
            last = None
            while True:
                event = self.stream.try_next()
                if event is None:
                    if self.stopping:
                        break
                    continue
                key = (event.get("lsid", {}).get("id"), event.get("txnNumber"), event["clusterTime"])
                if last is not None and key != last:
                    self.settle(last)
                last = key
                self.apply(event)
            if last is not None:
                self.settle(last)
        except Exception as error:  # pylint: disable=broad-except
            self.problem = error

    def apply(self, event):
        collection, key = self.state[event["ns"]["coll"]], event["documentKey"]["_id"]
        if event["operationType"] == "insert":
            collection[key] = event["fullDocument"]["balance"]
        elif event["operationType"] == "update":
            collection[key] = event["updateDescription"]["updatedFields"]["balance"]
        else:
            del collection[key]

    def settle(self, key):
        self.times.append(key[2])
        self.states.append({name: dict(collection) for name, collection in self.state.items()})
        if key[0] is None:
            return  # the deposits before the work began
        assert key[:2] not in self.transactions, "the events of a transaction do not stand together"
        self.transactions.add(key[:2])
        total = sum(self.state["left"].values()) + sum(self.state["right"].values())
        assert total == SUM, (SEED, total)

    def at(self, when):
        return self.states[bisect.bisect_right(self.times, when) - 1]


def test_the_sum_never_changes():
    with FreshetServer(durable=True, args=TEST_COMMANDS) as server:
        with pymongo.MongoClient(server.uri) as client:
            start = client.admin.command("ping")["operationTime"]
            for name in ("left", "right"):
                client.bank[name].insert_many([{"_id": i, "balance": BALANCE} for i in range(ACCOUNTS)])
        follower = Follower(server.uri, start)
        follower.start()
        snapshots = [SnapshotAuditor(server.uri, 200 + i) for i in range(2)]
        movers = [Mover(server.uri, i) for i in range(CLIENTS)]
        others = [Auditor(server.uri, 100), TransactionAuditor(server.uri, 300), *snapshots]
        for thread in movers + others:
            thread.start()
        for thread in movers + others:
            thread.join(SECONDS + 60)
            assert thread.problem is None, (SEED, thread.problem)
            assert not thread.is_alive()
        follower.stopping = True
        follower.join(30)
        assert follower.problem is None, (SEED, follower.problem)
        print(f"seed {SEED}: {sum(m.count for m in movers)} moves, {len(follower.transactions)} seen in the stream, "
              f"{sum(s.count for s in snapshots)} snapshot reads")
        assert all(mover.count > 0 for mover in movers)
        for snapshot in snapshots:
            assert snapshot.count > 3
            for when, left, right in snapshot.seen:
                folded = follower.at(when)
                assert (folded["left"], folded["right"]) == (left, right), (SEED, when)
