# SPDX-License-Identifier: Apache-2.0
"""The wire without a driver: one socket, one message at a time. Needs PyMongo's bson."""

import socket
import struct

import bson

MORE_TO_COME, EXHAUST_ALLOWED = 1 << 1, 1 << 16


def document_of(elements):
    """A document around the bytes of its elements, whatever they are."""
    return struct.pack("<i", len(elements) + 5) + elements + b"\0"


def sequence(name, documents):
    """A section of documents as bytes, whatever they are."""
    content = name.encode() + b"\0" + b"".join(documents)
    return b"\1" + struct.pack("<i", 4 + len(content)) + content


def message(document, flags=0, request_id=1, sequences=()):
    """An OP_MSG of one body section, and sequences behind it."""
    body = struct.pack("<I", flags) + b"\0" + bson.encode(document) + b"".join(sequences)
    return struct.pack("<iiii", 16 + len(body), request_id, 0, 2013) + body


class RawClient:
    """Not thread-safe."""

    def __init__(self, server, timeout=30, host=None, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect((host or server.host, server.port))

    def send(self, document, flags=0, sequences=()):
        self.socket.sendall(message(document, flags, sequences=sequences))

    def receive(self, options=bson.DEFAULT_CODEC_OPTIONS):
        """The next reply's document. Raises EOFError when the server has closed."""
        (length,) = struct.unpack("<i", self._take(16)[:4])
        return bson.decode(self._take(length - 16)[5:], options)

    def call(self, document, sequences=(), options=bson.DEFAULT_CODEC_OPTIONS):
        self.send(document, sequences=sequences)
        return self.receive(options)

    def closed_by_server(self):
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def close(self):
        self.socket.close()

    def open_stream(self, database, collection, pipeline=()):
        """Opens a change stream; its cursor id."""
        reply = self.call({"aggregate": collection, "pipeline": [{"$changeStream": {}}, *pipeline],
                           "cursor": {}, "$db": database})
        assert reply["ok"] == 1, reply
        return reply["cursor"]["id"]

    def send_get_more(self, cursor, database, collection, wait_ms):
        self.send({"getMore": bson.Int64(cursor), "collection": collection, "maxTimeMS": wait_ms,
                   "$db": database})

    def _take(self, size):
        taken = b""
        while len(taken) < size:
            more = self.socket.recv(size - len(taken))
            if not more:
                raise EOFError("the server closed the connection")
            taken += more
        return taken

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
