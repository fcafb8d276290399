#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How the binary behaves as a process: start, refusal, signals, exit codes, files. No client library."""

import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))
from freshet_server import FreshetServer, ServerFailed, run_freshet, wait_until  # noqa: E402

USAGE, ENGINE_FAILED, NETWORK, STORAGE = 2, 14, 48, 100


def bson_value(value):
    """The type byte and the bytes of a value: int, str, dict, list."""
    if isinstance(value, int):
        return b"\x10", struct.pack("<i", value)
    if isinstance(value, str):
        text = value.encode() + b"\0"
        return b"\x02", struct.pack("<i", len(text)) + text
    if isinstance(value, list):
        return b"\x04", bson_document({str(i): item for i, item in enumerate(value)})
    return b"\x03", bson_document(value)


def bson_document(fields):
    body = b""
    for name, value in fields.items():
        kind, data = bson_value(value)
        body += kind + name.encode() + b"\0" + data
    return struct.pack("<i", len(body) + 5) + body + b"\0"


def message(fields, request_id=1):
    body = struct.pack("<I", 0) + b"\0" + bson_document(fields)
    return struct.pack("<iiii", 16 + len(body), request_id, 0, 2013) + body


def receive(link):
    """One reply's bytes; what came of it when the server closes."""
    reply = b""
    while len(reply) < 4 or len(reply) < struct.unpack("<i", reply[:4])[0]:
        more = link.recv(65536)
        if not more:
            break
        reply += more
    return reply


def call(port, fields, timeout=10):
    """One command over a connection of its own; the reply's bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout) as link:
        link.sendall(message(fields))
        return receive(link)


def insert(number):
    return {"insert": "c", "documents": [{"_id": number}], "$db": "test",
            "writeConcern": {"w": "majority"}}


def ok(reply):
    return b"\x01ok\0" + struct.pack("<d", 1.0) in reply


class Options(unittest.TestCase):
    def expect(self, code, text, *args):
        result = run_freshet(*args)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertIn(text, result.stdout + result.stderr)
        self.assertLessEqual(len(result.stderr.splitlines()), 1, "one clear sentence")

    def test_version_and_help(self):
        self.expect(0, "freshet ", "--version")
        self.expect(0, "--dbpath", "serve", "--help")

    def test_unknown_options_are_refused(self):
        self.expect(USAGE, "unknown or unsupported option '--auth'", "serve", "--auth")
        self.expect(USAGE, "--port", "serve", "--port", "99999")
        self.expect(USAGE, "", "sing")

    def test_configuration_file(self):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write("net:\n  port: 0\nsecurity:\n  authorization: enabled\n")
            file.flush()
            self.expect(USAGE, f"{file.name}:4: unknown or unsupported key "
                               "'security.authorization'", "serve", "--config", file.name)


class Process(unittest.TestCase):
    def test_says_where_it_is_and_answers(self):
        with FreshetServer() as server:
            self.assertTrue(ok(call(server.port, {"ping": 1, "$db": "admin"})))
            told = "\n".join(server.stdout_lines)
            self.assertIn(f"mongodb://127.0.0.1:{server.port}/?replicaSet=rs0", told)
            self.assertIn("in memory", told)
            self.assertEqual(server.stdout_lines[-1], f"ready on port {server.port}")

    def test_port_in_use(self):
        with FreshetServer() as first:
            with self.assertRaises(ServerFailed) as caught:
                FreshetServer(port=first.port)
            self.assertEqual(caught.exception.returncode, NETWORK)
            self.assertIn(f"cannot listen on 127.0.0.1:{first.port}: the port is in use",
                          caught.exception.output)

    def test_data_directory_in_use(self):
        with FreshetServer(durable=True) as first:
            with self.assertRaises(ServerFailed) as caught:
                FreshetServer(dbpath=first.dbpath)
            self.assertEqual(caught.exception.returncode, STORAGE)
            self.assertIn("in use by another process", caught.exception.output)

    def test_data_directory_that_is_none(self):
        with tempfile.NamedTemporaryFile() as file:
            result = run_freshet("serve", "--port", "0", "--dbpath", file.name)
            self.assertEqual(result.returncode, STORAGE)
            self.assertIn(file.name, result.stderr)

    def test_stops_within_a_second_with_open_streams(self):
        for how in (signal.SIGTERM, signal.SIGINT):
            with FreshetServer() as server:
                links = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(100)]
                waiting, idle = links[:50], links[50:]
                for link in waiting:
                    link.sendall(message({"aggregate": 1, "pipeline": [{"$changeStream": {}}],
                                          "cursor": {}, "$db": "test"}))
                    reply = receive(link)
                    at = reply.index(b"\x12id\0") + 4
                    more = message({"getMore": 0, "collection": "$cmd.aggregate",
                                    "maxTimeMS": 60000, "$db": "test"})
                    # The cursor's id is an int64: put it in place of the int32.
                    more = more.replace(b"\x10getMore\0\0\0\0\0",
                                        b"\x12getMore\0" + reply[at:at + 8])
                    size, body = len(more), struct.unpack("<i", more[21:25])[0] + 4
                    link.sendall(struct.pack("<i", size) + more[4:21] + struct.pack("<i", body) +
                                 more[25:])
                time.sleep(0.2)
                began = time.monotonic()
                server.process.send_signal(how)
                self.assertEqual(server.process.wait(10), 0)
                self.assertLess(time.monotonic() - began, 1.0)
                for link in waiting:  # an error that lets drivers resume
                    reply = receive(link)
                    self.assertIn(b"\x10code\0" + struct.pack("<i", 11600), reply)
                    self.assertIn(b"ResumableChangeStreamError", reply)
                for link in idle:
                    self.assertEqual(link.recv(10), b"")
                for link in links:
                    link.close()

    def test_log_file_is_opened_anew(self):
        with tempfile.TemporaryDirectory() as directory:
            log = Path(directory) / "log"
            with FreshetServer(args=["--logpath", log]) as server:
                self.assertIn("waiting for connections", log.read_text())
                log.rename(Path(directory) / "old")
                server.process.send_signal(signal.SIGHUP)
                wait_until(log.exists, what="a new log file")
            self.assertIn("shutting down", log.read_text())
            FreshetServer(args=["--logpath", log]).close()
            moved = [path.name for path in Path(directory).iterdir()]
            self.assertEqual(len(moved), 3, f"the log of the run before was not kept: {moved}")

    def test_pid_file(self):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "pid"
            with FreshetServer(args=["--pidfilepath", path]) as server:
                self.assertEqual(int(path.read_text()), server.pid)
            self.assertFalse(path.exists())

    def test_survives_kill_and_restart(self):
        with FreshetServer(durable=True) as server:
            port = server.port
            server.restart(kill=True)
            self.assertEqual(server.port, port)
            server.restart()
            self.assertTrue(ok(call(server.port, {"ping": 1, "$db": "admin"})))

    def test_failed_sync_stops_the_server(self):
        compiler = shutil.which("cc") or shutil.which("gcc")
        if not compiler:
            self.skipTest("no C compiler")
        with tempfile.TemporaryDirectory() as directory:
            library, flag = Path(directory) / "fail_sync.so", Path(directory) / "failing"
            subprocess.run([compiler, "-shared", "-fPIC", "-o", library,
                            Path(__file__).with_name("fail_sync.c")], check=True)
            env = {"LD_PRELOAD": str(library), "FAIL_SYNC_WHEN": str(flag),
                   "ASAN_OPTIONS": "verify_asan_link_order=0"}
            with FreshetServer(durable=True, env=env) as server:
                self.assertTrue(ok(call(server.port, insert(1))))
                flag.touch()
                self.assertFalse(ok(call(server.port, insert(2))), "acknowledged without a sync")
                self.assertEqual(server.process.wait(10), ENGINE_FAILED)
                self.assertIn("the storage failed", server.log_text())
                flag.unlink()
                server.start()
                found = call(server.port, {"find": "c", "filter": {"_id": 1}, "$db": "test"})
                self.assertIn(b"\x10_id\0" + struct.pack("<i", 1), found)

    def test_idle_server_uses_no_processor(self):
        with FreshetServer() as server:
            time.sleep(0.5)
            before = server.cpu_seconds()
            time.sleep(2)
            self.assertLess(server.cpu_seconds() - before, 0.05)


class Backup(unittest.TestCase):
    def test_running_and_stopped(self):
        with tempfile.TemporaryDirectory() as directory:
            with FreshetServer(durable=True) as server:
                live = Path(directory) / "live"
                result = run_freshet("backup", live, "--port", server.port, "--host", "127.0.0.1")
                self.assertEqual(result.returncode, 0, result.stderr)
                again = run_freshet("backup", live, "--port", server.port, "--host", "127.0.0.1")
                self.assertNotEqual(again.returncode, 0, "an existing directory was overwritten")
                server.stop()
                cold = Path(directory) / "cold"
                result = run_freshet("backup", cold, "--dbpath", server.dbpath)
                self.assertEqual(result.returncode, 0, result.stderr)
            for copy in (live, cold):
                with FreshetServer(dbpath=copy) as restored:
                    self.assertTrue(ok(call(restored.port, {"ping": 1, "$db": "admin"})))

    def test_nobody_there(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
            result = run_freshet("backup", "/nowhere/x", "--host", "127.0.0.1", "--port", port)
        self.assertEqual(result.returncode, NETWORK, result.stderr)


class Repair(unittest.TestCase):
    def test_complete_data_is_left_alone(self):
        with FreshetServer(durable=True) as server:
            call(server.port, {"create": "c", "$db": "test"})
            server.stop()
            result = run_freshet("repair", "--dbpath", server.dbpath)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn("Nothing is missing", result.stdout)

    def test_missing_end_is_said_and_accepted_only_on_demand(self):
        with FreshetServer(durable=True) as server:
            call(server.port, {"create": "before", "$db": "test"})
            server.stop()
            copy = Path(str(server.dbpath) + "-copy")
            subprocess.run(["cp", "-r", server.dbpath, copy], check=True)
            server.start()
            call(server.port, {"create": "after", "$db": "test"})
            server.stop()
            # The data as it was before, the mark as it is now.
            os.replace(server.dbpath / "durable-mark", copy / "durable-mark")

            with self.assertRaises(ServerFailed) as caught:
                FreshetServer(dbpath=copy)
            self.assertEqual(caught.exception.returncode, STORAGE)
            self.assertIn("freshet repair", caught.exception.output)

            refused = run_freshet("repair", "--dbpath", copy)
            self.assertEqual(refused.returncode, STORAGE)
            self.assertIn("--accept-loss", refused.stderr)
            accepted = run_freshet("repair", "--dbpath", copy, "--accept-loss")
            self.assertEqual(accepted.returncode, 0, accepted.stderr)
            with FreshetServer(dbpath=copy) as repaired:
                self.assertTrue(ok(call(repaired.port, {"ping": 1, "$db": "admin"})))

    def test_not_a_data_directory(self):
        with tempfile.TemporaryDirectory() as directory:
            result = run_freshet("repair", "--dbpath", directory)
            self.assertEqual(result.returncode, STORAGE)


if __name__ == "__main__":
    unittest.main()
