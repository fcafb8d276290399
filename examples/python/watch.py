# SPDX-License-Identifier: Apache-2.0
"""Prints change events of a collection, a database or the whole deployment.

    watch.py URI collection|database|cluster [COUNT]

Stops after COUNT events, or never.
"""
import sys

import pymongo
from bson import json_util


def open_stream(client, level):
    db = client.myDatabase
    if level == "collection":
        return db.myCollection.watch()
    if level == "database":
        return db.watch()
    return client.watch()


def main(uri, level="collection", count=None):
    client = pymongo.MongoClient(uri)
    remaining = int(count) if count else -1
    with open_stream(client, level) as stream:
        print("watching", flush=True)
        for change in stream:
            print(json_util.dumps(change), flush=True)
            remaining -= 1
            if remaining == 0:
                break


if __name__ == "__main__":
    main(*sys.argv[1:])
