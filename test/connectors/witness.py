# SPDX-License-Identifier: Apache-2.0
"""What a connector should have delivered: the events of a bare change stream, and writes that make events of each kind."""
from raw_stream import RawStream


class Witness:
    """Of a database, or of one collection, from the moment that it is made."""

    def __init__(self, db, coll=1):
        self.db = db
        self.coll = coll
        self.start = RawStream(db, coll, first_batch=0).token

    def events(self, *kinds, **options):
        """Every event up to now, or those of these operation types."""
        events = RawStream(self.db, self.coll, resumeAfter=self.start, **options).drain()
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
