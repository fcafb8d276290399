# SPDX-License-Identifier: Apache-2.0
"""Every case of the BSON corpus that PyMongo's source distribution carries, over the wire as raw bytes: valid documents come
back from find byte for byte, invalid ones are refused and nothing happens. Text that is not UTF-8 is the drivers' business:
as in MongoDB it is stored, and comes back byte for byte."""
import json
import struct
import sys
from pathlib import Path

import bson
import pymongo
import pytest
from bson.raw_bson import RawBSONDocument

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "test" / "harness"))

from freshet_server import FreshetServer  # noqa: E402
from raw_client import RawClient, document_of, sequence  # noqa: E402

CORPUS = REPOSITORY / "build" / "tools" / "pymongo" / "test" / "bson_corpus"
RAW = bson.CodecOptions(document_class=RawBSONDocument, datetime_conversion=bson.DatetimeConversion.DATETIME_MS)


def cases(kind):
    """(id, bytes) of every case of this kind."""
    found = []
    for path in sorted(CORPUS.glob("*.json")):
        for case in json.loads(path.read_text()).get(kind, []):
            hexadecimal = case["canonical_bson"] if kind == "valid" else case["bson"]
            found.append(pytest.param(bytes.fromhex(hexadecimal), id=f"{path.stem}: {case['description']}"))
    return found


def nested(identity, inner):
    """{_id: identity, v: inner}, whatever the bytes of `inner` are."""
    return document_of(b"\x10_id\x00" + struct.pack("<i", identity) + b"\x03v\x00" + inner)


def beside(identity, inner):
    """{_id: identity, …inner}, whatever the bytes of `inner` are."""
    return document_of(b"\x10_id\x00" + struct.pack("<i", identity) + inner[4:-1])


@pytest.fixture(scope="module")
def server():
    with FreshetServer() as running:
        yield running


@pytest.fixture(scope="module")
def collection(server):
    return pymongo.MongoClient(server.direct_uri).corpus.cases


def insert(server, raw):
    """The reply to an insert of these bytes, or None when the connection was closed."""
    with RawClient(server) as client:
        try:
            return client.call({"insert": "cases", "$db": "corpus"}, [sequence("documents", [raw])])
        except (EOFError, ConnectionError):
            return None


def find(server, identity):
    with RawClient(server) as client:
        reply = client.call({"find": "cases", "filter": {"_id": identity}, "$db": "corpus"}, options=RAW)
    return [found.raw for found in reply["cursor"]["firstBatch"]]


def refused(reply):
    return reply is None or not reply["ok"] or "writeErrors" in reply


def test_the_corpus_is_here():
    assert len(cases("valid")) > 700 and len(cases("decodeErrors")) > 50


@pytest.mark.parametrize("inner", cases("valid"))
def test_valid(server, collection, inner):
    collection.delete_many({})
    stored = nested(1, inner)
    assert insert(server, stored)["n"] == 1
    assert find(server, 1) == [stored]
    if any(name.startswith("$") or name == "_id" for name in RawBSONDocument(inner, RAW)):
        return  # at the top of a document such names mean something
    stored = beside(2, inner)
    assert insert(server, stored)["n"] == 1
    assert find(server, 2) == [stored]


def is_text(case):
    return "utf-8" in case.id.lower()


@pytest.mark.parametrize("inner", [case for case in cases("decodeErrors") if not is_text(case)])
def test_invalid(server, collection, inner, request):
    collection.delete_many({})
    forms = [inner, nested(1, inner)]
    if "[top: " not in request.node.name:  # those are wrong in what beside() takes off
        forms.append(beside(2, inner))
    for raw in forms:
        assert refused(insert(server, raw)), raw.hex()
    assert server.running
    assert collection.count_documents({}) == 0
    assert collection.insert_one({"_id": 3}).acknowledged


@pytest.mark.parametrize("inner", [case for case in cases("decodeErrors") if is_text(case)])
def test_text_that_is_not_utf8(server, collection, inner):
    collection.delete_many({})
    for stored in (nested(1, inner), beside(2, inner)):
        assert insert(server, stored)["n"] == 1
    assert find(server, 1) + find(server, 2) == [nested(1, inner), beside(2, inner)]
