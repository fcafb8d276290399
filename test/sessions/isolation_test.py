# SPDX-License-Identifier: Apache-2.0
"""Concurrent transactions over a few keys, recorded and checked for snapshot isolation, with kill -9 in between.

Seconds per round: $FRESHET_ISOLATION_SECONDS. The seed stands in every failure ($FRESHET_ISOLATION_SEED replays the choices).
"""
import itertools
import os
import random
import threading
import time

import pymongo
import pytest
from conftest import TEST_COMMANDS
from freshet_server import FreshetServer
from history import ABORTED, COMMITTED, UNKNOWN, Transaction, check
from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

SECONDS = float(os.environ.get("FRESHET_ISOLATION_SECONDS", "4"))
SEED = int(os.environ.get("FRESHET_ISOLATION_SEED", random.randrange(1 << 30)))
CLIENTS = 8
KEYS = [f"k{i}" for i in range(5)]
NUMBERS = itertools.count(1)


class Client(threading.Thread):
    """Runs transactions of its own; what it knows of each is recorded."""

    def __init__(self, uri, number):
        super().__init__(daemon=True)
        self.client = pymongo.MongoClient(uri, retryWrites=False, retryReads=False, serverSelectionTimeoutMS=20000)
        self.chance = random.Random(SEED * 100 + number)
        self.done = []
        self.stopping = False
        self.problem = None

    def run(self):
        try:
            while not self.stopping:
                self.done.append(self.run_one())
        except Exception as error:  # pylint: disable=broad-except
            self.problem = error

    def run_one(self):
        one = Transaction(next(NUMBERS), time.monotonic())
        try:
            with self.client.start_session() as session:
                session.start_transaction(ReadConcern(self.chance.choice(["local", "majority", "snapshot"])), WriteConcern("majority"))
                self.work(session, one)
                if self.chance.random() < 0.1:
                    session.abort_transaction()
                    one.outcome = ABORTED
                else:
                    one.outcome = UNKNOWN
                    session.commit_transaction()
                    one.outcome = COMMITTED
                    one.end = time.monotonic()
        except ConnectionFailure:
            time.sleep(0.05)
        except OperationFailure as error:
            if not error.has_error_label("UnknownTransactionCommitResult"):
                one.outcome = ABORTED
            if error.code not in (112, 251, 11600, 91, 10107):
                raise
        except PyMongoError:
            time.sleep(0.05)
        return one

    def work(self, session, one):
        one.outcome = ABORTED  # until the commit is asked for
        collection = self.client.isolation.lists
        for step in range(self.chance.randrange(1, 6)):
            key = self.chance.choice(KEYS)
            if self.chance.random() < 0.5:
                # Through the index on _id, by a scan, or through a secondary index.
                by = self.chance.choice([{"_id": key}, {"name": key}, {"label": key}])
                found = collection.find_one(by, session=session)
                one.operations.append(("r", key, found["values"]))
            else:
                value = f"{one.number}.{step}"
                collection.update_one({"_id": key}, {"$push": {"values": value}}, session=session)
                one.operations.append(("a", key, value))


def prepare(server):
    with pymongo.MongoClient(server.uri) as client:
        client.isolation.lists.insert_many([{"_id": key, "name": key, "label": key, "values": []} for key in KEYS])
        client.isolation.lists.create_index("label")


def final_lists(server):
    with pymongo.MongoClient(server.uri, serverSelectionTimeoutMS=20000) as client:
        lists = {document["_id"]: document["values"] for document in client.isolation.lists.find()}
        assert client.isolation.command("validate", "lists", full=True)["valid"]
    return lists


def run_clients(server, seconds, crashes):
    clients = [Client(server.uri, number) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for _ in range(crashes):
        time.sleep(seconds)
        server.restart(kill=True)
    time.sleep(seconds)
    for client in clients:
        client.stopping = True
    for client in clients:
        client.join(40)
        assert client.problem is None, (SEED, client.problem)
    return [one for client in clients for one in client.done]


def judge(transactions, lists):
    committed = sum(one.outcome == COMMITTED for one in transactions)
    aborted = sum(one.outcome == ABORTED for one in transactions)
    print(f"seed {SEED}: {committed} committed, {aborted} aborted, {len(transactions) - committed - aborted} unknown")
    assert committed > 20 and aborted > 5
    assert check(transactions, lists) == [], SEED


@pytest.mark.parametrize("durable", [False, True])
def test_snapshot_isolation(durable):
    with FreshetServer(durable=durable, args=TEST_COMMANDS) as server:
        prepare(server)
        judge(run_clients(server, SECONDS, crashes=0), final_lists(server))


def test_snapshot_isolation_with_crashes():
    with FreshetServer(durable=True) as server:
        prepare(server)
        judge(run_clients(server, SECONDS / 2, crashes=3), final_lists(server))
