# SPDX-License-Identifier: Apache-2.0
"""Keeps a local copy of a collection by dispatching its change events to handlers.

    dispatcher.py URI COUNT

Handles COUNT events, then prints the copy.
"""
import json
import sys

import pymongo


class Copy:
    """The documents by _id, kept up by change events."""

    def __init__(self):
        self.documents = {}

    def handle_insert(self, document):
        self.documents[document["_id"]] = document

    def handle_update(self, document_key, updated_fields, removed_fields=()):
        document = self.documents[document_key["_id"]]
        for path, value in updated_fields.items():
            *parents, last = path.split(".")
            target = document
            for name in parents:
                target = target[int(name)] if isinstance(target, list) else target.setdefault(name, {})
            if isinstance(target, list):
                target[int(last):int(last) + 1] = [value]
            else:
                target[last] = value
        for path in removed_fields:
            *parents, last = path.split(".")
            target = document
            for name in parents:
                target = target[int(name)] if isinstance(target, list) else target[name]
            target.pop(last, None)

    def handle_delete(self, document_key):
        self.documents.pop(document_key["_id"], None)

    def dispatch(self, change):
        kind = change["operationType"]
        if kind in ("insert", "replace"):
            self.handle_insert(change["fullDocument"])
        elif kind == "update":
            description = change["updateDescription"]
            self.handle_update(change["documentKey"], description["updatedFields"], description["removedFields"])
        elif kind == "delete":
            self.handle_delete(change["documentKey"])


def main(uri, count):
    copy = Copy()
    collection = pymongo.MongoClient(uri).myDatabase.myCollection
    with collection.watch() as stream:
        print("watching", flush=True)
        for _ in range(int(count)):
            copy.dispatch(stream.next())
    print(json.dumps(list(copy.documents.values()), sort_keys=True), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
