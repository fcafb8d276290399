# SPDX-License-Identifier: Apache-2.0
"""A thousand open idle streams, each with its own filter, connection and waiting getMore: kilobytes and no processor time."""
import socket
import struct
import sys
import time
from pathlib import Path

import bson

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))

from freshet_server import FreshetServer  # noqa: E402

STREAMS = 1000


def message(document):
    body = struct.pack("<I", 0) + b"\x00" + bson.encode(document)
    return struct.pack("<iiii", 16 + len(body), 1, 0, 2013) + body


def reply(sock):
    header = sock.recv(16, socket.MSG_WAITALL)
    return bson.decode(sock.recv(struct.unpack_from("<i", header)[0] - 16, socket.MSG_WAITALL)[5:])


def test_thousand_idle_streams():
    with FreshetServer() as server:
        def connect():
            return socket.create_connection((server.host, server.port), timeout=30)

        with connect() as sock:
            sock.sendall(message({"insert": "c", "documents": [{"k": -1}], "$db": "idle"}))
            assert reply(sock)["ok"] == 1
        time.sleep(0.3)
        before_kb = server.rss_kb()
        streams = []
        for i in range(STREAMS):
            sock = connect()
            sock.sendall(message({"aggregate": "c", "pipeline": [{"$changeStream": {}}, {"$match": {"fullDocument.k": i}}],
                                  "cursor": {}, "$db": "idle"}))
            cursor = reply(sock)["cursor"]["id"]
            sock.sendall(message({"getMore": bson.Int64(cursor), "collection": "c", "maxTimeMS": 60000, "$db": "idle"}))
            streams.append(sock)
        time.sleep(1)
        grown_mb = (server.rss_kb() - before_kb) / 1024
        cpu = server.cpu_seconds()
        time.sleep(4)
        used = server.cpu_seconds() - cpu
        print(f"{STREAMS} streams: {grown_mb:.1f} MB, {used * 1000:.0f} ms of processor time in 4 s")
        # What a debug build or a sanitizer adds is theirs; a release build is held to the real bound.
        if server.binary.parent.name == "release":
            assert grown_mb < 32
            assert used <= 0.05
        began = time.monotonic()
        with connect() as sock:
            sock.sendall(message({"insert": "c", "documents": [{"k": 500}], "$db": "idle"}))
            assert reply(sock)["ok"] == 1
        event = reply(streams[500])["cursor"]["nextBatch"][0]
        assert event["fullDocument"]["k"] == 500
        assert time.monotonic() - began < 5
        streams[501].settimeout(0.3)
        try:
            woken = streams[501].recv(1)
        except (TimeoutError, socket.timeout):
            woken = None
        assert woken is None, "a stream was woken by a write that it does not match"
        for sock in streams:
            sock.close()
