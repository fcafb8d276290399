# SPDX-License-Identifier: Apache-2.0
"""Many streams by ranges, prefixes and expressions show what a find with the same filter finds among all events: live,
where the hub's index names them, and from the past, where each reads the log."""
import random

import pytest

from bson import Decimal128

SEED = 5
WRITES = 150
END = {"documentKey._id": "end"}


def filters(chance):
    for _ in range(30):
        low = chance.randrange(100)
        yield {"fullDocument.k": {"$gte": low, "$lt": low + chance.randrange(1, 20)}}
        yield {"fullDocument.k": {"$elemMatch": {"$gt": low, "$lte": low + 20}}}
        yield {"fullDocument.s": {"$regex": f"^{low}"}}
        yield {"$expr": {"$gt": ["$fullDocument.k", low]}}
        yield {"$expr": {"$lte": ["$fullDocument.k", low]}}
        yield {"operationType": "insert", "fullDocument.k": {"$gt": low}}


def write(collection, chance):
    for number in range(WRITES):
        k = chance.choice([chance.randrange(120), chance.random() * 120, [chance.randrange(120), chance.randrange(120)],
                           "x", None, float("nan"), Decimal128("7.5")])
        collection.insert_one({"_id": number, "k": k, "s": str(chance.randrange(100))})
    collection.insert_one({"_id": "end"})


def shown_by(stream):
    with stream:
        for event in stream:
            if event["documentKey"]["_id"] == "end":
                return
            yield event


@pytest.mark.parametrize("behind", [False, True])
def test_streams_show_what_find_finds(client, db, behind):
    chance = random.Random(SEED)
    wanted = list(filters(chance))
    pipelines = [[]] + [[{"$match": {"$or": [END, one]}}] for one in wanted]
    db.c.insert_one({"_id": -1})
    start = client.admin.command("hello")["$clusterTime"]["clusterTime"]
    if behind:
        write(db.c, chance)
    streams = [db.c.watch(pipeline, **({"start_at_operation_time": start} if behind else {})) for pipeline in pipelines]
    if not behind:
        write(db.c, chance)
    events = list(shown_by(streams[0]))
    assert len(events) >= WRITES
    db.events.insert_many([{**event, "_id": number} for number, event in enumerate(events)])
    for one, stream in zip(wanted, streams[1:]):
        found = [event["fullDocument"]["_id"] for event in db.events.find(one).sort("_id")]
        assert [event["fullDocument"]["_id"] for event in shown_by(stream)] == found, one
