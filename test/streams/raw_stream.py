# SPDX-License-Identifier: Apache-2.0
"""A change stream by bare commands: every reply is seen as the server sent it, and nothing depends on the clock."""
from bson import Int64, Timestamp


def token_time(token):
    """The cluster time in a resume token, as connectors decode it."""
    data = bytes.fromhex(token["_data"])
    assert data[0] == 0x82
    return Timestamp(int.from_bytes(data[1:5], "big"), int.from_bytes(data[5:9], "big"))


def says_all_until(token, time):
    """With `token` in an empty batch, everything up to and including `time` was handed out. A high-water mark of that very
    time stands before its events."""
    at = token_time(token)
    is_event = bytes.fromhex(token["_data"])[9] != 0
    return at > time or (at == time and is_event)


class RawStream:
    """Opens on a collection, a database (coll=1), or everything (coll=1, cluster=True)."""

    def __init__(self, db, coll=1, stages=(), *, cluster=False, first_batch=None, aggregate=None, **options):
        self.db = db.client.admin if cluster else db
        self.session = db.client.start_session()  # cursors belong to sessions
        if cluster:
            options["allChangesForCluster"] = True
        cursor = {} if first_batch is None else {"batchSize": first_batch}
        reply = self.db.command("aggregate", coll, pipeline=[{"$changeStream": options}, *stages], cursor=cursor,
                                session=self.session, **(aggregate or {}))
        self.ns = reply["cursor"]["ns"]
        self.waiting = list(reply["cursor"]["firstBatch"])
        self.operation_time = reply["operationTime"]
        self._take(reply)

    def _take(self, reply):
        self.id = reply["cursor"]["id"]
        self.token = reply["cursor"].get("postBatchResumeToken")
        self.reply = reply

    @property
    def open(self):
        return self.id != 0

    def get_more(self, batch_size=None, max_ms=1000, **more):
        """One batch, as it comes."""
        command = {"getMore": Int64(self.id), "collection": self.ns.split(".", 1)[1], "maxTimeMS": max_ms, **more}
        if batch_size is not None:
            command["batchSize"] = batch_size
        self._take(self.db.command(command, session=self.session))
        return self.reply["cursor"]["nextBatch"]

    def drain(self, batch_size=None):
        """Every event up to now."""
        events, self.waiting = self.waiting, []
        now = self.db.command("ping")["operationTime"]
        while self.open:
            batch = self.get_more(batch_size, max_ms=2)
            events += batch
            if not batch and self.token is not None and says_all_until(self.token, now):
                break
        return events

    def one(self):
        """The only event up to now."""
        events = self.drain()
        assert len(events) == 1, events
        return events[0]

    def close(self):
        if self.open:
            self.db.command("killCursors", self.ns.split(".", 1)[1], cursors=[Int64(self.id)], session=self.session)
            self.id = 0


def types(events):
    return [event["operationType"] for event in events]
