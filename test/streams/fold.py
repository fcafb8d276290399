# SPDX-License-Identifier: Apache-2.0
"""What a consumer makes of change events: the collections again, event by event."""
import copy

import bson


def step_into(container, part):
    """The child that a part of a path means: an index where an array is, a name elsewhere."""
    return container[int(part)] if isinstance(container, list) else container[part]


def parts_of(description, path):
    exact = description.get("disambiguatedPaths", {}).get(path)
    return exact if exact else path.split(".")


def parent_of(document, parts):
    for part in parts[:-1]:
        document = step_into(document, part)
    return document


def set_path(document, parts, value):
    parent, last = parent_of(document, parts), parts[-1]
    if isinstance(parent, list):
        index = int(last)
        parent.extend([None] * (index + 1 - len(parent)))
        parent[index] = value
    else:
        parent[last] = value


def update(document, description):
    """Applies an updateDescription."""
    document = copy.deepcopy(document)
    for cut in description["truncatedArrays"]:
        parts = parts_of(description, cut["field"])
        del step_into(parent_of(document, parts), parts[-1])[cut["newSize"]:]
    for path in description["removedFields"]:
        parts = parts_of(description, path)
        del parent_of(document, parts)[parts[-1]]
    for path, value in description["updatedFields"].items():
        set_path(document, parts_of(description, path), copy.deepcopy(value))
    return document


def bytes_of(key):
    return bson.encode({"": key["_id"]})


class Folded:
    """{collection: {key: document}} of one database, from a snapshot and the events behind it. Every event is held against
    what is known already: a doubled or missing one does not fit."""

    def __init__(self, snapshot=None):
        self.collections = copy.deepcopy(snapshot or {})

    def apply(self, event):
        kind = event["operationType"]
        if kind in ("insert", "update", "replace", "delete"):
            self.document(event, kind, self.collections.setdefault(event["ns"]["coll"], {}), bytes_of(event["documentKey"]))
        elif kind == "drop":
            self.collections.pop(event["ns"]["coll"], None)
        elif kind == "rename":
            self.collections[event["to"]["coll"]] = self.collections.pop(event["ns"]["coll"], {})
        elif kind == "dropDatabase":
            assert not any(self.collections.values()), "each collection is dropped first"

    def document(self, event, kind, documents, key):
        before = documents.get(key)
        assert (before is None) == (kind == "insert"), (event, before)
        image = event.get("fullDocumentBeforeChange")
        assert image is None or image == before, (event, before)
        if kind == "delete":
            del documents[key]
        elif kind == "update" and "updateDescription" in event:
            documents[key] = update(before, event["updateDescription"])
        else:
            documents[key] = event["fullDocument"]
        if kind == "update" and event.get("fullDocument") is not None and "lookup" not in event:
            assert same(event["fullDocument"], documents[key]), (event, documents[key])

    def contents(self):
        """Without empty collections."""
        return {name: documents for name, documents in self.collections.items() if documents}


def same(one, other):
    """Equal but for the order of fields, which descriptions of updates do not tell."""
    return one == other


def contents_of(db, names):
    """The same, by asking the server."""
    found = {name: {bytes_of(document): document for document in db[name].find()} for name in names}
    return {name: documents for name, documents in found.items() if documents}
