# SPDX-License-Identifier: Apache-2.0
"""freshet bench: each workload in small, plain and over TLS; what it refuses; what it leaves behind."""

import json
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import bson
import pymongo
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))
from freshet_server import FreshetServer, run_freshet  # noqa: E402

OK, FAILED, USAGE, NETWORK = 0, 1, 2, 48
DATABASE = "freshet_bench"

# How much of what each workload counts with --count 200 --streams 7.
COUNTED = {
    "insert_one": ("inserts", 200),
    "insert_many": ("documents", 200),
    "find_one": ("finds", 200),
    "update_one": ("updates", 200),
    "drain": ("events", 200),
    "latency": ("events", 200),
    "fanout_same": ("deliveries", 1400),
    "fanout_selective": ("inserts", 200),
    "fanout_none": ("inserts", 200),
    "resume": ("streams opened", 20),
    "quiet": ("streams opened", 20),
}
DELIVERIES = {"fanout_same": 1400, "fanout_selective": 200, "fanout_none": 0}


@pytest.fixture(scope="module")
def server():
    with FreshetServer() as running:
        yield running


def bench(server, *arguments, uri=None):
    return run_freshet("bench", "--uri", uri or server.uri, *arguments)


def report_of(result):
    assert result.returncode == OK, result.stderr
    return {one["workload"]: one for one in json.loads(result.stdout)["workloads"]}


def test_every_workload(server):
    before = server.cpu_seconds()
    result = bench(server, "--count", 200, "--streams", 7, "--pid", server.pid, "--json")
    used_us = (server.cpu_seconds() - before) * 1e6
    report = report_of(result)
    assert list(report) == list(COUNTED)
    version = pymongo.MongoClient(server.uri).server_info()["version"]
    assert json.loads(result.stdout)["server"] == version
    for name, one in report.items():
        assert (one["unit"], one["count"]) == COUNTED[name], one
        assert one["complete"] is True
        assert one["seconds"] > 0
        assert one["per_second"] == pytest.approx(one["count"] / one["seconds"])
        assert one.get("server_cpu_us", 0) * one["count"] <= used_us
        if "p50_us" in one:
            assert 0 < one["p50_us"] <= one["p99_us"] <= one["max_us"] <= 60e6
        assert f"{name} …" in result.stderr
    assert {name: report[name]["deliveries"] for name in DELIVERIES} == DELIVERIES
    assert report["latency"]["p50_us"] > 0
    assert 1 < report["drain"]["events_per_reply"] <= 200
    assert DATABASE not in pymongo.MongoClient(server.uri).list_database_names()


def test_writes_what_it_says(server):
    """Seen by a stream on its database: how many documents, how large, into which collections, with which sessions."""
    client = pymongo.MongoClient(server.uri)
    with client[DATABASE].watch() as stream, client.local["oplog.rs"].find({}).sort("$natural", -1).limit(1) as last:
        start = next(last)["ts"]
        report_of(bench(server, "--workload", "insert_one", "--count", 50, "--collections", 3, "--size", 1000,
                        "--sessions", "--majority", "--json"))
        events = []
        while not events or events[-1]["operationType"] != "dropDatabase":
            events.append(stream.next())
    inserts = [event for event in events if event["operationType"] == "insert"]
    assert len({event["documentKey"]["_id"] for event in inserts}) == 50
    assert {event["ns"]["coll"] for event in inserts} == {"c000000", "c000001", "c000002"}
    assert {len(bson.encode(event["fullDocument"])) for event in inserts} == {1000}
    logged = list(client.local["oplog.rs"].find({"ts": {"$gt": start}, "op": "i", "ns": f"{DATABASE}.c000000"}))
    assert len(logged) == 17
    assert len({(bytes(entry["lsid"]["id"]), entry["txnNumber"]) for entry in logged}) == 17


def test_table(server):
    result = bench(server, "--workload", "find_one,update_one", "--count", 100, "--connections", 2)
    assert result.returncode == OK, result.stderr
    head, find, update = result.stdout.splitlines()
    assert head.split()[:2] == ["workload", "rate"]
    assert find.split()[0] == "find_one" and "finds/s" in find
    assert update.split()[0] == "update_one" and "updates/s" in update


def test_a_database_that_is_not_empty(server):
    collection = pymongo.MongoClient(server.uri)[DATABASE].precious
    collection.insert_one({"_id": 1})
    refused = bench(server, "--workload", "insert_one", "--count", 10)
    assert refused.returncode == FAILED
    assert refused.stderr == f"freshet: the database {DATABASE} is not empty; --drop drops it, with all it holds\n"
    assert collection.count_documents({}) == 1
    assert bench(server, "--workload", "insert_one", "--count", 10, "--drop").returncode == OK
    assert collection.count_documents({}) == 0


def test_time_is_up(server):
    late = bench(server, "--workload", "latency", "--count", 100_000, "--time-limit", 1)
    assert late.returncode == FAILED
    assert "--time-limit" in late.stderr
    assert DATABASE not in pymongo.MongoClient(server.uri).list_database_names()


def test_wrong_servers(server):
    other_set = bench(server, "--count", 1, uri=f"mongodb://127.0.0.1:{server.port}/?replicaSet=other")
    assert other_set.returncode == FAILED
    assert "'rs0', not to 'other'" in other_set.stderr
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    nobody = bench(server, uri=f"mongodb://127.0.0.1:{port}")
    assert nobody.returncode == NETWORK
    assert f"127.0.0.1:{port}: Connection refused" in nobody.stderr
    assert bench(server, "--workload", "no_such").returncode == USAGE
    assert bench(server, uri="mongodb://user:secret@h").returncode == USAGE


class TlsFront:
    """Takes TLS connections and passes their bytes on to the server."""

    def __init__(self, server, directory):
        self.server, self.certificate = server, directory / "cert.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost", "-keyout", directory / "key.pem", "-out",
                        self.certificate], check=True, capture_output=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.certificate, directory / "key.pem")
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.handshakes = 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.carry, args=(plain,), daemon=True).start()

    def carry(self, plain):
        try:
            with self.context.wrap_socket(plain, server_side=True) as inside, \
                    socket.create_connection((self.server.host, self.server.port)) as outside:
                self.handshakes += 1
                while asked := inside.recv(65536):
                    outside.sendall(asked)
                    inside.sendall(self.whole_message(outside))
        except (OSError, EOFError):
            pass

    @staticmethod
    def whole_message(connection):
        """The bench has one request under way on each connection; a request may come in several pieces, and then no answer
        comes between them: so wait for one only a moment."""
        connection.settimeout(0.05)
        try:
            data = connection.recv(65536)
        except TimeoutError:
            return b""
        connection.settimeout(30)
        while len(data) < int.from_bytes(data[:4], "little"):
            data += connection.recv(65536)
        return data


@pytest.mark.parametrize("workload", ["insert_one", "drain"])
def test_over_tls(server, tmp_path, workload):
    front = TlsFront(server, tmp_path)
    address = f"mongodb://localhost:{front.port}/?tls=true"
    report = report_of(bench(server, "--workload", workload, "--count", 20, "--connections", 2, "--json",
                             uri=f"{address}&tlsCAFile={front.certificate}"))
    assert (report[workload]["unit"], report[workload]["count"]) == (COUNTED[workload][0], 20)
    assert front.handshakes >= 4
    report_of(bench(server, "--workload", workload, "--count", 20, "--json", uri=address + "&tlsInsecure=true"))
    unknown = bench(server, "--workload", workload, "--count", 20, uri=address)
    assert unknown.returncode == NETWORK
    assert "certificate verify failed" in unknown.stderr
    other_name = bench(server, uri=f"mongodb://127.0.0.1:{front.port}/?tls=true&tlsCAFile={front.certificate}")
    assert other_name.returncode == NETWORK
    front.listener.close()
