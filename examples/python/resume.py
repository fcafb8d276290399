# SPDX-License-Identifier: Apache-2.0
"""Follows a collection through failures: remembers each event's token and reopens the stream after it.

    resume.py URI COUNT [TOKEN_FILE]

Prints COUNT events' documentKey, each once, whatever happens to the connection or the server meanwhile. With TOKEN_FILE
the position survives this program too.
"""
import json
import os
import sys
import time

import pymongo
from bson import json_util
from pymongo.errors import PyMongoError


def load_token(path):
    if path and os.path.exists(path):
        with open(path) as file:
            return json.load(file)
    return None


def save_token(path, token):
    if path:
        with open(path + ".new", "w") as file:
            json.dump(token, file)
        os.replace(path + ".new", path)


def follow(collection, token, handle, count):
    """Calls handle(change) for `count` events, in order. Reopens the stream after every failure."""
    while count > 0:
        try:
            with collection.watch(resume_after=token, max_await_time_ms=500) as stream:
                print("watching", flush=True)
                # Even before the first event there is a token to come back to.
                token = token or stream.resume_token
                while count > 0:
                    change = stream.next()
                    handle(change)
                    token = change["_id"]
                    count -= 1
        except PyMongoError as error:
            print(f"reopening after {type(error).__name__}", file=sys.stderr, flush=True)
            time.sleep(0.05)


def main(uri, count, token_file=None):
    client = pymongo.MongoClient(uri, serverSelectionTimeoutMS=30000)

    def handle(change):
        print(json_util.dumps(change["documentKey"]), flush=True)
        save_token(token_file, change["_id"])

    follow(client.myDatabase.myCollection, load_token(token_file), handle, int(count))


if __name__ == "__main__":
    main(*sys.argv[1:])
