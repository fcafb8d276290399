# SPDX-License-Identifier: Apache-2.0
"""Handles every event once although it sees some twice: after a crash a consumer starts a little before where it stood.

    idempotent.py URI
"""
import sys

import pymongo


class Once:
    """Remembers which events were handled, by token. A real program keeps this beside what the handling changed."""

    def __init__(self):
        self.handled = set()
        self.repeated = 0

    def __call__(self, change):
        token = change["_id"]["_data"]
        if token in self.handled:
            self.repeated += 1
            return False
        self.handled.add(token)
        return True


def main(uri):
    client = pymongo.MongoClient(uri)
    collection = client.myDatabase.myCollection
    once = Once()
    total = 0

    with collection.watch() as stream:  # `with` closes the stream and its cursor on the server
        collection.insert_many([{"_id": i} for i in range(10)])
        changes = [stream.next() for _ in range(10)]
    for change in changes[:7]:
        total += once(change)

    # The consumer died after the seventh event but had saved the token of the fourth only.
    with collection.watch(resume_after=changes[3]["_id"]) as stream:
        for _ in range(6):
            total += once(stream.next())

    open_cursors = client.admin.command("serverStatus")["metrics"]["cursor"]["open"]["total"]
    print(f"handled {total}, repeated {once.repeated}, cursors open {open_cursors}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
