# SPDX-License-Identifier: Apache-2.0
"""What a connector should have delivered: the events of a bare change stream, and writes that make events of each kind."""
import threading

import pymongo

from raw_stream import RawStream


class Witness:
    """Of everything, a database or a collection, from the moment that it is made. Options are RawStream's."""

    def __init__(self, db, coll=1, **options):
        self.db = db
        self.coll = coll
        self.options = options
        stream = RawStream(db, coll, first_batch=0, **options)
        self.start = stream.token
        stream.close()

    def events(self, *kinds, **options):
        """Every event up to now, or those of these operation types."""
        stream = RawStream(self.db, self.coll, resumeAfter=self.start, **self.options, **options)
        events = stream.drain()
        stream.close()
        return [event for event in events if not kinds or event["operationType"] in kinds]


def write_all_kinds(collection, first):
    """Eleven events of three new documents: inserts, updates of nested fields and arrays, replaces, deletes."""
    a, b, c = first, first + 1, first + 2
    collection.insert_one({"_id": a, "n": {"x": {"y": 1}, "z": 1}, "list": [1, 2, {"in": [1, 2, 3]}]})
    collection.insert_many([{"_id": b, "list": list(range(20))}, {"_id": c, "é": "ü"}])
    collection.update_one({"_id": a}, {"$set": {"n.x.y": 2, "list.2.in.1": 9}, "$unset": {"n.z": 1}})
    collection.update_one({"_id": a}, {"$push": {"list": {"$each": [4, 5]}}})
    collection.update_one({"_id": b}, [{"$set": {"list": {"$slice": ["$list", 3]}, "new": {"deep": {"er": True}}}}])
    collection.replace_one({"_id": b}, {"replaced": True, "list": []})
    collection.update_many({"_id": {"$in": [b, c]}}, {"$inc": {"count": 1}})
    collection.delete_one({"_id": c})
    collection.update_one({"_id": a}, {"$pull": {"list": 1}, "$rename": {"n": "m"}})


EVENTS_OF_ALL_KINDS = 11


class Writer:
    """Writes until it is told to stop, through the deaths of its server."""

    def __init__(self, uri, db_name):
        self.uri, self.db_name = uri, db_name
        self.first = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _write(self):
        with pymongo.MongoClient(self.uri, retryWrites=False) as client:
            while not self._stop.wait(0.02):
                self.first += 10
                try:
                    write_all_kinds(client[self.db_name].c, self.first)
                except pymongo.errors.PyMongoError:
                    pass  # the server died: whether its last write is there is seen in the log


def lose_history(client):
    """Writes elsewhere until the server, which keeps little, has dropped every entry that is there now."""
    now = client.admin.command("ping")["operationTime"]
    while client.admin.command("replSetGetStatus")["freshetHistory"]["lastDropped"] < now:
        client.other_people.c.insert_many([{"x": "y" * 10_000} for _ in range(100)])
