# SPDX-License-Identifier: Apache-2.0
"""A thousand streams, of whose clients a hundred stop reading with megabytes on their way to them. The others get everything,
for the same work as before; what the stalled ones hold is bounded by the named limits; they lose nothing."""
import asyncio
import os
import struct
import sys
import time
from pathlib import Path

import bson
import pymongo

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))

from freshet_server import FreshetServer, wait_until  # noqa: E402
from raw_client import RawClient  # noqa: E402

STREAMS, STALLED = 1000, 100
BACKLOG, ROUND, ROUNDS = 4000, 80, 3
PAD = bytes(4000)
RECEIVE_BUFFER = 65536
SEND_BYTES_MAX = 100_000_000
RING_BYTES_MAX = 16 << 20
SLACK_MB = 120  # what the rounds themselves need: documents, log, allocator


class Reader:
    """A stream whose client reads. Remembers the numbers it saw."""

    def __init__(self, port):
        self.port, self.seen = port, []

    async def call(self, document):
        body = b"\0\0\0\0\0" + bson.encode({**document, "$db": "d"})
        self.out.write(struct.pack("<iiii", 16 + len(body), 1, 0, 2013) + body)
        head = await self.wire.readexactly(16)
        reply = bson.decode((await self.wire.readexactly(struct.unpack_from("<i", head)[0] - 16))[5:])
        assert reply["ok"] == 1, reply
        return reply["cursor"]

    async def open(self):
        self.wire, self.out = await asyncio.open_connection("127.0.0.1", self.port)
        self.id = (await self.call({"aggregate": "c", "pipeline": [{"$changeStream": {}}], "cursor": {}}))["id"]

    async def read(self, until):
        while len(self.seen) < until:
            cursor = await self.call({"getMore": bson.Int64(self.id), "collection": "c", "maxTimeMS": 5000})
            self.seen += [event["fullDocument"]["n"] for event in cursor["nextBatch"]]


def write(client, first, count):
    for at in range(first, first + count, 50):
        client.d.c.insert_many([{"n": n, "pad": PAD} for n in range(at, min(at + 50, first + count))])


def user_seconds(server):
    """Without the kernel's: its copies into sockets cost more while others of them are full."""
    return int(Path(f"/proc/{server.pid}/stat").read_text().rsplit(")", 1)[1].split()[11]) / os.sysconf("SC_CLK_TCK")


async def read_round(server, readers, client, first):
    """Writes a round and has all readers read it; the server's own processor time for it."""
    before = user_seconds(server)
    reading = [asyncio.create_task(reader.read(len(reader.seen) + ROUND)) for reader in readers]
    await asyncio.to_thread(write, client, first, ROUND)
    await asyncio.wait_for(asyncio.gather(*reading), 200)
    return user_seconds(server) - before


async def least_cost(server, readers, client, first):
    """The cheapest of some rounds: what the machine does besides only ever adds."""
    costs = [await read_round(server, readers, client, first + number * ROUND) for number in range(ROUNDS)]
    print("rounds:", *(f"{cost:.2f}" for cost in costs))
    return min(costs)


class Stalled:
    """A stream that begins before the backlog. Its client asks, and then does not read."""

    def __init__(self, server, start):
        self.client = RawClient(server, receive_buffer=RECEIVE_BUFFER)
        cursor = self.client.call({"aggregate": "c", "cursor": {"batchSize": 0}, "$db": "d",
                                   "pipeline": [{"$changeStream": {"startAtOperationTime": start}}]})["cursor"]
        self.id, self.seen = cursor["id"], []
        self.client.send_get_more(self.id, "d", "c", 1000)

    def read_on(self, until):
        """False when the server has closed the connection."""
        try:
            while True:
                cursor = self.client.receive()["cursor"]
                self.seen += [event["fullDocument"]["n"] for event in cursor["nextBatch"]]
                if len(self.seen) >= until:
                    return True
                self.client.send_get_more(self.id, "d", "c", 1000)
        except (EOFError, ConnectionError):
            return False


async def drive(server):
    client = pymongo.MongoClient(server.direct_uri)
    client.d.create_collection("c")
    start = client.admin.command("ping")["operationTime"]
    start = bson.Timestamp(start.time, start.inc + 1)
    write(client, 0, BACKLOG)
    readers = [Reader(server.port) for _ in range(STREAMS - STALLED)]
    for reader in readers:
        await reader.open()
    alone = await least_cost(server, readers, client, BACKLOG)

    before_kb = server.rss_kb()
    stalled = [Stalled(server, start) for _ in range(STALLED)]
    # The replies are made, and as much of them sent as the sockets take: then nothing goes on.
    idle = [server.cpu_seconds(), time.monotonic()]

    def settled():
        used, now = server.cpu_seconds(), time.monotonic()
        if used > idle[0]:
            idle[:] = used, now
        return now - idle[1] > 1

    wait_until(settled, timeout=100, what="the end of sending")
    peak_kb = server.rss_kb()
    together = await least_cost(server, readers, client, BACKLOG + ROUNDS * ROUND)
    # The allocator keeps for ten seconds what is free: that is nobody's.
    time.sleep(12)
    grown_mb = (server.rss_kb() - before_kb) / 1024
    print(f"\nat most {(peak_kb - before_kb) / 1024:.0f} MB more while the replies were made")
    print(f"\na round: {alone:.2f} s of processor time alone, {together:.2f} s beside {STALLED} stalled streams, "
          f"which cost {grown_mb:.0f} MB")

    wanted = list(range(BACKLOG, BACKLOG + 2 * ROUNDS * ROUND))
    for reader in readers:
        assert reader.seen == wanted
    return client, start, stalled, (alone, together), grown_mb


def test_stalled_consumers():
    limits = ["--setParameter", f"sendBytesMax={SEND_BYTES_MAX}", "--setParameter", f"streamRingBytesMax={RING_BYTES_MAX}"]
    with FreshetServer(args=limits) as server:
        release = server.binary.parent.name == "release"
        client, start, stalled, (alone, together), grown_mb = asyncio.run(drive(server))
        assert grown_mb < (SEND_BYTES_MAX + RING_BYTES_MAX) / 2**20 + SLACK_MB or not release
        assert together < alone * 2 + 0.1 or not release

        # Those that the limit cost their connections go on from where they stood, the others just go on.
        total = BACKLOG + 2 * ROUNDS * ROUND
        kept = [stream for stream in stalled if stream.read_on(total)]
        print(f"{len(kept)} of {STALLED} stalled streams kept their connection")
        assert len(kept) < STALLED, "the limit was never met: the test shows nothing"
        assert "sendBytesMax" in server.log_text()
        for stream in kept:
            assert stream.seen == list(range(total))
        with client.d.c.watch(start_at_operation_time=start) as again:
            assert [again.next()["fullDocument"]["n"] for _ in range(total)] == list(range(total))
