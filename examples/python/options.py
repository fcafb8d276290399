# SPDX-License-Identifier: Apache-2.0
"""The options of watch().

    options.py URI
"""
import sys
import time

import pymongo


def start_at_operation_time(collection):
    now = collection.database.command("ping")["operationTime"]
    collection.insert_one({"_id": "after ping"})
    with collection.watch(start_at_operation_time=now, max_await_time_ms=500) as stream:
        return [change["documentKey"]["_id"] for change in stream_until(stream, "after ping")]


def stream_until(stream, last):
    for change in stream:
        yield change
        if change["documentKey"]["_id"] == last:
            return


def start_after_invalidate(client):
    """resume_after refuses the token of an invalidate event; start_after goes on behind it."""
    collection = client.myDatabase.shortLived
    collection.insert_one({"_id": 1})
    with collection.watch() as stream:
        collection.drop()
        drop, invalidate = stream.next(), stream.next()
    try:
        collection.watch(resume_after=invalidate["_id"])
        refused = False
    except pymongo.errors.OperationFailure as error:
        refused = error.code == 260
    with collection.watch(start_after=invalidate["_id"]) as stream:
        collection.insert_one({"_id": 2})
        again = stream.next()
    return [drop["operationType"], invalidate["operationType"], refused, again["documentKey"]["_id"]]


def update_lookup(collection):
    collection.insert_one({"_id": "looked up", "n": 1})
    with collection.watch(full_document="updateLookup") as stream:
        collection.update_one({"_id": "looked up"}, {"$inc": {"n": 1}})
        return stream.next()["fullDocument"]


def wait_and_try_next(collection):
    """try_next() waits at most max_await_time_ms and then gives None; the token moves on all the same."""
    with collection.watch(max_await_time_ms=300, batch_size=2) as stream:
        began = time.monotonic()
        nothing = stream.try_next()
        waited = time.monotonic() - began
        collection.insert_many([{"batch": i} for i in range(5)])
        changes = [stream.next() for _ in range(5)]
        return [nothing, 0.2 < waited < 3, len(changes), stream.alive]


def main(uri):
    client = pymongo.MongoClient(uri)
    collection = client.myDatabase.myCollection
    print("start_at_operation_time", start_at_operation_time(collection), flush=True)
    print("start_after", start_after_invalidate(client), flush=True)
    print("updateLookup", update_lookup(collection), flush=True)
    print("try_next", wait_and_try_next(collection), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
