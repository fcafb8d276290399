# SPDX-License-Identifier: Apache-2.0
"""How long others wait while a transaction of more than a hundred megabytes is committed. Prints it.

FRESHET_LONG=1 (./dev test --long): several times. The bound is generous, for other tests run at the same time.
"""
import os
import threading
import time

import pymongo
from freshet_server import FreshetServer

LONG = bool(os.environ.get("FRESHET_LONG"))
ROUNDS = 5 if LONG else 1
WAIT_S_MAX = 10
DOCUMENTS = 110


class Others:
    """Writers that insert one document after the other, acknowledged by a majority."""

    def __init__(self, collection, count=4):
        self.waits = []
        self._collection = collection
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._write) for _ in range(count)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _write(self):
        while not self._stop.is_set():
            began = time.monotonic()
            self._collection.insert_one({})
            self.waits.append((time.monotonic() - began, began))

    def longest_since(self, moment):
        return max(wait for wait, began in self.waits if began + wait >= moment)


def test_nobody_waits_long():
    text = "x" * (1 << 20)
    with FreshetServer(durable=True) as server, pymongo.MongoClient(server.uri) as client, client.start_session() as session:
        large = client.sessions.create_collection("large")
        with Others(client.sessions.create_collection("small")) as others:
            for turn in range(ROUNDS):
                session.start_transaction()
                for i in range(DOCUMENTS):
                    large.insert_one({"_id": turn * DOCUMENTS + i, "t": text}, session=session)
                began = time.monotonic()
                session.commit_transaction()
                took = time.monotonic() - began
                time.sleep(1)  # what waited behind it is done
                longest = others.longest_since(began)
                print(f"commit of {DOCUMENTS} MB: {took:.2f} s; longest wait of another writer: {longest:.2f} s")
                assert longest < WAIT_S_MAX
        assert large.estimated_document_count() == ROUNDS * DOCUMENTS
