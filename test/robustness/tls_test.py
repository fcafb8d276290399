# SPDX-License-Identifier: Apache-2.0
"""TLS: real drivers over it, large messages through it, who is let in, and what goes wrong in words."""
import contextlib
import os
import select
import socket
import ssl
import sys
import time
from pathlib import Path

import bson
import pymongo
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))

from certificates import Authority  # noqa: E402
from freshet_server import FreshetServer, ServerFailed, run_freshet, wait_until  # noqa: E402
from raw_client import RawClient, message  # noqa: E402

LARGE = 12 << 20  # several thousand records, more than any buffer on the way


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def certificate(authority):
    return authority.issue("server")


def serving(certificate, mode="requireTLS", *more):
    return FreshetServer(args=["--tlsMode", mode, "--tlsCertificateKeyFile", certificate, *more])


def client_of(server, authority, **options):
    return pymongo.MongoClient(server.uri, tls=True, tlsCAFile=str(authority.file), serverSelectionTimeoutMS=5000, **options)


def test_a_driver_writes_reads_and_watches(authority, certificate):
    with serving(certificate) as server, client_of(server, authority) as client:
        things = client.db.things
        with things.watch(max_await_time_ms=500) as stream:
            things.insert_many([{"_id": i, "text": "x" * 1000} for i in range(2000)])
            seen = [stream.next()["documentKey"]["_id"] for _ in range(2000)]
        assert seen == list(range(2000))
        things.insert_one({"_id": "large", "bytes": os.urandom(LARGE)})
        assert len(things.find_one({"_id": "large"})["bytes"]) == LARGE
        assert len(list(things.find({}, {"text": 1}))) == 2001
        parsed = client.admin.command("getCmdLineOpts")["parsed"]
        assert parsed["net"]["tls"]["mode"] == "requireTLS"


def pump(tls_socket, out, replies_bytes):
    """Sends all of `out` and takes so many bytes, whichever goes; a Python socket over TLS is for one thread."""
    tls_socket.setblocking(False)
    sent, taken = 0, 0
    while sent < len(out) or taken < replies_bytes:
        before = sent + taken
        if sent < len(out):
            with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
                sent += tls_socket.send(out[sent:sent + 65536])
        with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
            more = tls_socket.recv(65536)
            assert more, f"the server closed after {sent} bytes sent and {taken} received"
            taken += len(more)
        if sent + taken == before:
            ready = select.select([tls_socket], [tls_socket] if sent < len(out) else [], [], 20)
            assert any(ready), f"nothing moves after {sent} bytes sent and {taken} received"
    assert taken == replies_bytes


def test_many_messages_at_once_are_all_answered(authority, certificate):
    """What TLS has decrypted and nobody has taken makes no socket readable."""
    with serving(certificate) as server, RawClient(server, tls=authority.context()) as client:
        ping = {"ping": 1, "comment": "x" * 3000, "$db": "admin"}
        one_reply = 16 + 5 + len(bson.encode(client.call(ping)))
        pump(client.socket, memoryview(message(ping) * 3000), 3000 * one_reply)


def test_a_reply_is_sent_while_its_reader_is_slow(authority, certificate):
    with serving(certificate) as server, RawClient(server, tls=authority.context(), receive_buffer=4096) as client:
        client.call({"insert": "c", "documents": [{"_id": 1, "b": b"y" * LARGE}], "$db": "db"})
        client.send({"find": "c", "$db": "db"})
        time.sleep(0.3)
        assert len(client.receive()["cursor"]["firstBatch"][0]["b"]) == LARGE


def test_a_client_in_the_clear_is_refused_or_served_as_the_mode_says(authority, certificate):
    with serving(certificate) as server:
        with RawClient(server) as client:
            client.send({"ping": 1, "$db": "admin"})
            assert client.closed_by_server()
        wait_until(lambda: "does not speak TLS" in server.log_text(), what="the reason in the log")
    for mode in ("allowTLS", "preferTLS"):
        with serving(certificate, mode) as server:
            for tls in (None, authority.context()):
                with RawClient(server, tls=tls) as client:
                    assert client.call({"ping": 1, "$db": "admin"})["ok"] == 1


def test_clients_show_certificates_where_they_must(authority, certificate, tmp_path):
    ours = authority.issue("client")
    foreign = Authority(tmp_path).issue("stranger")

    def served(context):
        try:
            with RawClient(server, tls=context) as client:
                return client.call({"ping": 1, "$db": "admin"})["ok"] == 1
        except (ssl.SSLError, OSError, EOFError):
            return False

    with serving(certificate, "requireTLS", "--tlsCAFile", authority.file) as server:
        assert served(authority.context(ours))
        assert not served(authority.context())
        assert not served(authority.context(foreign))
        wait_until(lambda: "peer did not return a certificate" in server.log_text(), what="the reason in the log")
    with serving(certificate, "requireTLS", "--tlsCAFile", authority.file,
                 "--tlsAllowConnectionsWithoutCertificates") as server:
        assert served(authority.context(ours))
        assert served(authority.context())
        assert not served(authority.context(foreign))


def test_old_protocols_are_off(authority, certificate):
    with serving(certificate, "requireTLS", "--tlsDisabledProtocols", "TLS1_0,TLS1_1,TLS1_3") as server:
        context = authority.context()
        with RawClient(server, tls=context) as client:
            assert client.socket.version() == "TLSv1.2"
            assert client.call({"ping": 1, "$db": "admin"})["ok"] == 1


def test_rubbish_and_half_a_handshake_harm_nobody(authority, certificate):
    with serving(certificate) as server:
        silent = socket.create_connection((server.host, server.port))
        silent.sendall(b"\x16\x03\x01")
        rubbish = socket.create_connection((server.host, server.port))
        rubbish.sendall(b"\x16" + os.urandom(5000))
        rubbish.settimeout(10)
        while True:  # perhaps an alert, then the end
            try:
                if not rubbish.recv(4096):
                    break
            except ConnectionResetError:
                break
        with RawClient(server, tls=authority.context()) as client:
            assert client.call({"ping": 1, "$db": "admin"})["ok"] == 1
        silent.close()


def test_an_encrypted_key_needs_its_password(authority):
    pem = authority.issue("locked", password="sesame")
    with serving(pem, "requireTLS", "--tlsCertificateKeyFilePassword", "sesame") as server:
        with client_of(server, authority) as client:
            assert client.admin.command("ping")["ok"] == 1
            assert "sesame" not in str(client.admin.command("getCmdLineOpts"))
    with pytest.raises(ServerFailed, match="tlsCertificateKeyFile"):
        serving(pem, "requireTLS", "--tlsCertificateKeyFilePassword", "wrong")


def test_a_backup_is_made_over_tls(authority, certificate, tmp_path):
    args = ["--tlsMode", "requireTLS", "--tlsCertificateKeyFile", certificate]
    with FreshetServer(durable=True, args=args) as server:
        with client_of(server, authority) as client:
            client.db.c.insert_one({"_id": 1})
        where = ["--host", server.host, "--port", str(server.port)]
        refused = run_freshet("backup", tmp_path / "untrusted", *where, "--tls")
        assert refused.returncode != 0
        assert "certificate" in refused.stderr
        done = run_freshet("backup", tmp_path / "copy", *where, "--tls", "--tlsCAFile", authority.file)
        assert done.returncode == 0, done.stderr
    with FreshetServer(dbpath=tmp_path / "copy") as copy, pymongo.MongoClient(copy.uri) as client:
        assert client.db.c.count_documents({}) == 1


def test_the_benchmark_shows_its_certificate(authority, certificate):
    ours = authority.issue("bench")
    with serving(certificate, "requireTLS", "--tlsCAFile", authority.file) as server:
        uri = f"mongodb://{server.host}:{server.port}/?tls=true&tlsCAFile={authority.file}"
        small = ["--workload", "insert_one", "--count", "20"]
        assert run_freshet("bench", "--uri", uri, *small).returncode != 0
        done = run_freshet("bench", "--uri", f"{uri}&tlsCertificateKeyFile={ours}", *small)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("args", "said"), [
    (["--tlsMode", "requireTLS"], "tlsCertificateKeyFile is needed"),
    (["--tlsMode", "sometimes"], "requireTLS"),
    (["--tlsCAFile", "/x"], "tlsMode"),
    (["--tlsMode", "requireTLS", "--tlsCertificateKeyFile", "/not/there"], "/not/there"),
])
def test_what_cannot_work_is_said_at_the_start(args, said):
    with pytest.raises(ServerFailed, match=said):
        FreshetServer(args=args)


def test_idle_encrypted_streams_hold_kilobytes(authority, certificate):
    streams = 300
    with serving(certificate) as server:
        def open_one(number):
            client = RawClient(server, tls=authority.context())
            cursor = client.open_stream("idle", "c", [{"$match": {"fullDocument.k": number}}])
            client.send_get_more(cursor, "idle", "c", 60_000)
            return client

        warm = [open_one(-1 - i) for i in range(20)]
        time.sleep(0.5)
        before_kb = server.rss_kb()
        clients = [open_one(i) for i in range(streams)]
        time.sleep(1)
        each_kb = (server.rss_kb() - before_kb) / streams
        print(f"{each_kb:.1f} KB for each of {streams} idle encrypted streams")
        if server.binary.parent.name == "release":
            assert each_kb < 32
        with RawClient(server, tls=authority.context()) as writer:
            writer.call({"insert": "c", "documents": [{"k": 7}], "$db": "idle"})
        assert clients[7].receive()["cursor"]["nextBatch"][0]["fullDocument"]["k"] == 7
        for client in warm + clients:
            client.close()
