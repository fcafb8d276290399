# SPDX-License-Identifier: Apache-2.0
"""OP_MSG by hand, for bytes that no driver would send. Needs PyMongo's bson only.

    with Connection(server) as connection:
        reply = connection.command({"insert": "c", "$db": "d"}, {"documents": [raw, …]})
"""
import socket
import struct

import bson

OP_MSG = 2013


def document(elements):
    """A document around the bytes of its elements."""
    return struct.pack("<i", len(elements) + 5) + elements + b"\x00"


class Connection:
    """One connection to a FreshetServer. Not thread-safe."""

    def __init__(self, server, timeout_s=30.0):
        self._socket = socket.create_connection((server.host, server.port), timeout=timeout_s)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def command(self, body, sequences=None, options=None):
        """The reply to `body` (a dict) with document sequences (name → list of raw documents); None
        when the server closed the connection instead."""
        payload = struct.pack("<I", 0) + b"\x00" + bson.encode(body)
        for name, documents in (sequences or {}).items():
            sequence = name.encode() + b"\x00" + b"".join(documents)
            payload += b"\x01" + struct.pack("<i", len(sequence) + 4) + sequence
        try:
            self._socket.sendall(struct.pack("<iiii", 16 + len(payload), 1, 0, OP_MSG) + payload)
            reply = self._receive()
        except ConnectionError:
            return None
        return None if reply is None else bson.decode(reply[21:], options or bson.DEFAULT_CODEC_OPTIONS)

    def _receive(self):
        header = self._exactly(4)
        if header is None:
            return None
        rest = self._exactly(struct.unpack("<i", header)[0] - 4)
        return None if rest is None else header + rest

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            chunk = self._socket.recv(count - len(data))
            if not chunk:
                return None
            data += chunk
        return data
