# SPDX-License-Identifier: Apache-2.0
"""Every program under examples/, as a user would run it, with the newest PyMongo, Debian's, Node, C and mongosh."""
import json
import os
import random
import threading
import time

import pymongo
import pytest
from conftest import DEBIAN, EXAMPLES, NEWEST, TOOLS
from proxy import CuttingProxy

PYTHONS = [pytest.param(NEWEST, id="newest-pymongo"), pytest.param(DEBIAN, id="debian-pymongo-3.11")]


@pytest.fixture(params=PYTHONS)
def python(request):
    return request.param


def node(name):
    """Node finds packages beside the program, so the program is copied beside the packages."""
    target = TOOLS / "node" / f"example-{os.getpid()}-{name}"
    target.write_text((EXAMPLES / "node" / name).read_text())
    return ["node", target]


def collection_of(server):
    return pymongo.MongoClient(server.uri).myDatabase.myCollection


def test_the_debian_client_is_the_old_one(start):
    program = start(DEBIAN, "-c", "import pymongo; print(pymongo.version)")
    assert program.line().startswith("3.11")


@pytest.mark.parametrize("level", ["collection", "database", "cluster"])
def test_watch(server, start, python, level):
    program = start(python, EXAMPLES / "python" / "watch.py", server.uri, level, 4)
    assert program.line() == "watching"
    collection = collection_of(server)
    collection.insert_one({"_id": 1})
    collection.update_one({"_id": 1}, {"$set": {"a": 1}})
    collection.replace_one({"_id": 1}, {"b": 1})
    collection.delete_one({"_id": 1})
    events = [json.loads(line) for line in program.rest()]
    assert [event["operationType"] for event in events] == ["insert", "update", "replace", "delete"]
    assert all(event["ns"] == {"db": "myDatabase", "coll": "myCollection"} for event in events)
    tokens = [event["_id"]["_data"] for event in events]
    assert tokens == sorted(tokens) and len(set(tokens)) == 4


def test_pipelines(server, start, python):
    program = start(python, EXAMPLES / "python" / "filter.py", server.uri)
    shown = {}
    for line in program.rest(120):
        entry = json.loads(line)
        shown.setdefault(entry["pipeline"], []).append(entry["event"])
    kinds = {name: [event.get("operationType") for event in events] for name, events in shown.items()}
    everything = ["insert", "insert", "update", "delete"]
    assert kinds["match"] == ["insert", "insert", "update"]
    assert [event["documentKey"]["_id"] for event in shown["match document"]] == [2]
    assert shown["project"][0] == {"operationType": "insert", "documentKey": {"_id": 1}}
    assert kinds["project"] == everything
    assert all(event["tag"] == "myDatabase.myCollection" for event in shown["addFields"])
    assert all(event["seen"] is True for event in shown["set"])
    assert all("wallTime" not in event and "clusterTime" not in event for event in shown["unset"])
    assert [event["key"] for event in shown["replaceRoot"]] == [1, 2, 1, 2]
    assert [event["type"] for event in shown["replaceWith"]] == everything
    assert kinds["redact"] == ["insert", "insert", "update"]


def test_dispatcher(server, start, python):
    collection = collection_of(server)
    program = start(python, EXAMPLES / "python" / "dispatcher.py", server.uri, 60)
    assert program.line() == "watching"
    chance = random.Random(7)
    collection.insert_many([{"_id": i, "n": 0, "in": {"a": [1, 2, 3]}} for i in range(10)])
    for _ in range(50):
        which = chance.randrange(10)
        change = chance.randrange(4)
        if change == 0:
            collection.update_one({"_id": which}, {"$inc": {"n": 1}})
        elif change == 1:
            collection.update_one({"_id": which}, {"$push": {"in.a": chance.randrange(100)}})
        elif change == 2:
            collection.update_one({"_id": which}, {"$set": {f"in.x{chance.randrange(5)}": chance.random()}})
        else:
            collection.find_one_and_replace({"_id": which}, {"n": chance.randrange(9), "in": {"a": []}})
    copy = json.loads(program.rest()[-1])
    assert sorted(copy, key=lambda d: d["_id"]) == list(collection.find().sort("_id"))


def keep_writing(collection, count, pause_s=0.01):
    """Inserts 0 … count-1 in order; each is acknowledged before the next is sent."""
    for i in range(count):
        while True:
            try:
                collection.insert_one({"_id": i})
                break
            except pymongo.errors.DuplicateKeyError:
                break
            except pymongo.errors.PyMongoError:
                time.sleep(0.05)
        time.sleep(pause_s)


def check_each_once(lines, count):
    ids = [json.loads(line)["_id"] for line in lines if line != "watching"]
    assert ids == list(range(count))


def test_resume_after_kill(durable_server, start, python):
    server = durable_server
    program = start(python, EXAMPLES / "python" / "resume.py", server.uri, 120)
    assert program.line() == "watching"
    writer = threading.Thread(target=keep_writing, args=(collection_of(server), 120))
    writer.start()
    for _ in range(3):
        time.sleep(0.6)
        server.kill9()
        server.restart()
    writer.join(120)
    check_each_once(program.rest(), 120)


def test_resume_after_cut_socket(server, start, python):
    with CuttingProxy(server.port) as proxy:
        uri = f"mongodb://127.0.0.1:{proxy.port}/?directConnection=true"
        program = start(python, EXAMPLES / "python" / "resume.py", uri, 60)
        assert program.line() == "watching"
        writer = threading.Thread(target=keep_writing, args=(collection_of(server), 60))
        writer.start()
        for _ in range(5):
            time.sleep(0.2)
            proxy.cut()
        writer.join(60)
        check_each_once(program.rest(), 60)
    assert proxy.cuts > 0


def test_position_survives_the_consumer(durable_server, start, python, tmp_path):
    server = durable_server
    token_file = tmp_path / "token"
    program = start(python, EXAMPLES / "python" / "resume.py", server.uri, 3, token_file)
    assert program.line() == "watching"
    collection = collection_of(server)
    for i in range(5):
        collection.insert_one({"_id": i})
    assert len([line for line in program.rest() if line != "watching"]) == 3
    server.kill9()
    server.restart()
    program = start(python, EXAMPLES / "python" / "resume.py", server.uri, 2, token_file)
    assert [json.loads(line)["_id"] for line in program.rest() if line != "watching"] == [3, 4]


def test_idempotent(server, start, python):
    program = start(python, EXAMPLES / "python" / "idempotent.py", server.uri)
    assert program.rest() == ["handled 10, repeated 3, cursors open 0"]


def test_options(server, start, python):
    program = start(python, EXAMPLES / "python" / "options.py", server.uri)
    lines = dict(line.split(" ", 1) for line in program.rest())
    assert lines["start_at_operation_time"].endswith("'after ping']")
    assert lines["start_after"] == "['drop', 'invalidate', True, 2]"
    assert lines["updateLookup"] == "{'_id': 'looked up', 'n': 2}"
    assert lines["try_next"] == "[None, True, 5, True]"


@pytest.mark.parametrize("level", ["collection", "database", "cluster"])
def test_node_watch(server, start, level):
    program = start(*node("watch.mjs"), server.uri, level, 3)
    assert program.line() == "watching"
    collection = collection_of(server)
    collection.insert_one({"_id": 1})
    collection.update_one({"_id": 1}, {"$set": {"a": 1}})
    collection.delete_one({"_id": 1})
    events = [json.loads(line) for line in program.rest()]
    assert [event["operationType"] for event in events] == ["insert", "update", "delete"]


def test_node_resume_after_kill(durable_server, start):
    server = durable_server
    program = start(*node("resume.mjs"), server.uri, 80)
    assert program.line() == "watching"
    writer = threading.Thread(target=keep_writing, args=(collection_of(server), 80))
    writer.start()
    time.sleep(0.5)
    server.kill9()
    server.restart()
    writer.join(120)
    check_each_once(program.rest(120), 80)


def test_c_watch_through_a_kill(durable_server, start):
    server = durable_server
    program = start(os.environ["FRESHET_C_WATCH"], server.uri, 60)
    assert program.line() == "watching"
    writer = threading.Thread(target=keep_writing, args=(collection_of(server), 60))
    writer.start()
    time.sleep(0.4)
    server.kill9()
    server.restart()
    writer.join(120)
    events = [json.loads(line) for line in program.rest(120)]
    assert [event["documentKey"]["_id"] for event in events] == list(range(60))


def test_mongosh_watch(server, start):
    program = start(TOOLS / "node" / "node_modules" / ".bin" / "mongosh", server.uri, "--quiet", "--norc",
                    "--file", EXAMPLES / "mongosh" / "watch.js")
    lines = [line for line in program.rest(120) if line.startswith(("insert", "update", "delete"))]
    assert lines == ['insert {"_id":1}', 'update {"_id":1}', 'delete {"_id":1}']
