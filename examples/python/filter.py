# SPDX-License-Identifier: Apache-2.0
"""Streams that are filtered and reshaped by a pipeline on the server.

    filter.py URI

Opens one stream per pipeline, makes some changes, and prints what each stream shows.
"""
import sys

import pymongo
from bson import json_util

PIPELINES = {
    "match": [{"$match": {"operationType": {"$in": ["insert", "update"]}}}],
    "match document": [{"$match": {"fullDocument.score": {"$gte": 10}}}],
    "project": [{"$project": {"operationType": 1, "documentKey": 1}}],
    "addFields": [{"$addFields": {"tag": {"$concat": ["$ns.db", ".", "$ns.coll"]}}}],
    "set": [{"$set": {"seen": True}}],
    "unset": [{"$unset": ["wallTime", "clusterTime"]}],
    "replaceRoot": [{"$replaceRoot": {"newRoot": {"_id": "$_id", "key": "$documentKey._id"}}}],
    "replaceWith": [{"$replaceWith": {"_id": "$_id", "type": "$operationType"}}],
    "redact": [{"$redact": {"$cond": [{"$eq": ["$operationType", "delete"]}, "$$PRUNE", "$$KEEP"]}}],
}


def events_until_quiet(stream):
    """What there is; try_next() returns None when nothing came within max_await_time_ms."""
    events = []
    while True:
        change = stream.try_next()
        if change is None:
            return events
        events.append(change)


def main(uri):
    client = pymongo.MongoClient(uri)
    collection = client.myDatabase.myCollection
    streams = {name: collection.watch(pipeline, max_await_time_ms=200) for name, pipeline in PIPELINES.items()}
    try:
        collection.insert_one({"_id": 1, "score": 5})
        collection.insert_one({"_id": 2, "score": 15})
        collection.update_one({"_id": 1}, {"$set": {"score": 20}})
        collection.delete_one({"_id": 2})
        for name, stream in streams.items():
            for change in events_until_quiet(stream):
                change.pop("_id")
                print(json_util.dumps({"pipeline": name, "event": change}), flush=True)
    finally:
        for stream in streams.values():
            stream.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
