# SPDX-License-Identifier: Apache-2.0
"""Bits that flip and ends that get lost while the server is down: a start either has everything that
was acknowledged or is refused. Also a directory of a newer format.

The seed stands in every failure; $FRESHET_DAMAGE_SEED replays it.
"""

import os
import random
import shutil
import struct
import sys
import zlib
from pathlib import Path

import pymongo
import pytest
from pymongo.errors import PyMongoError

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))
from faults import Faults  # noqa: E402
from freshet_server import FreshetServer, ServerFailed, run_freshet  # noqa: E402

import rocksdb_wal  # noqa: E402

SEED = int(os.environ.get("FRESHET_DAMAGE_SEED", random.randrange(1 << 30)))
STORAGE = 100
DURABLE, APPLIED = 40, 60  # documents by majority, and behind them by w: 1


def collection_of(server, w="majority"):
    client = pymongo.MongoClient(server.uri, retryWrites=False, serverSelectionTimeoutMS=5000)
    return client.damage.get_collection("c", write_concern=pymongo.WriteConcern(w))


def document(number):
    return {"_id": number, "pad": bytes([number % 251]) * 300}


def stored(server):
    return list(collection_of(server).find().sort("_id"))


def logged(server):
    entries = collection_of(server).database.client.local.oplog.rs
    return [entry["o"] for entry in entries.find({"op": "i", "ns": "damage.c"})]


def newest_wal(directory):
    return max(directory.glob("*.log"), key=lambda path: int(path.stem))


def refuses(directory):
    """What the start of a server on the directory says when it is refused; None when it starts and
    has everything."""
    try:
        with FreshetServer(dbpath=directory) as server:
            wanted = [document(number) for number in range(DURABLE + APPLIED)]
            assert stored(server) == wanted, f"seed {SEED}: started, and documents are missing"
            assert logged(server) == wanted, f"seed {SEED}: started, and the log is not whole"
            return None
    except ServerFailed as failed:
        assert failed.returncode == STORAGE, failed.output
        return failed.output


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A data directory as kill -9 leaves it: the last writes applied and not synced. Beside it, how
    long the log was when all of it was durable."""
    home = tmp_path_factory.mktemp("damage")
    data = home / "data"
    with Faults() as faults, FreshetServer(dbpath=data, start=False) as server:
        faults.attach(server)
        server.start()
        collection_of(server).insert_many([document(number) for number in range(DURABLE)])
        durable_bytes = newest_wal(data).stat().st_size
        faults.begin("slow_sync")
        collection_of(server, 1).insert_many(
            [document(number) for number in range(DURABLE, DURABLE + APPLIED)])
        server.kill9()
    return data, durable_bytes


@pytest.fixture
def copy(killed, tmp_path):
    """A copy of it to damage, the log's path in it, and the length of its durable part."""
    data, durable_bytes = killed
    directory = tmp_path / "data"
    shutil.copytree(data, directory)
    return directory, newest_wal(directory), durable_bytes


def test_nothing_is_lost_by_the_death_of_the_process(copy):
    assert refuses(copy[0]) is None


def test_bit_in_the_durable_part(copy):
    directory, wal, durable_bytes = copy
    rocksdb_wal.flip(wal, durable_bytes - 200)
    said = refuses(directory)
    assert "was durable" in said and "freshet repair" in said


def test_bit_in_the_tail_that_was_not_synced(copy):
    directory, wal, durable_bytes = copy
    rocksdb_wal.flip(wal, (durable_bytes + wal.stat().st_size) // 2)
    said = refuses(directory)
    assert "since this machine was started" in said and "freshet repair" in said
    again = refuses(directory)
    assert "since this machine was started" in again, "the refused start changed something"

    refused = run_freshet("repair", "--dbpath", directory)
    assert refused.returncode == STORAGE and "--accept-loss" in refused.stderr
    accepted = run_freshet("repair", "--dbpath", directory, "--accept-loss")
    assert accepted.returncode == 0, accepted.stderr
    with FreshetServer(dbpath=directory) as server:
        left = stored(server)
        assert DURABLE <= len(left) < DURABLE + APPLIED
        assert left == logged(server) == [document(number) for number in range(len(left))]
        collection_of(server).insert_one(document(1000))
        server.restart(kill=True)
        assert stored(server) == [*left, document(1000)]


def test_bit_anywhere_in_the_log(copy):
    directory, wal, _ = copy
    chance = random.Random(SEED)
    whole = wal.read_bytes()
    for _ in range(12):
        offset, bit = chance.randrange(len(whole)), chance.randrange(8)
        rocksdb_wal.flip(wal, offset, bit)
        said = refuses(directory)
        assert said is not None and "freshet repair" in said, (SEED, offset, bit, said)
        wal.write_bytes(whole)
    assert refuses(directory) is None


def test_end_of_the_log_cut_off(copy):
    directory, wal, _ = copy
    os.truncate(wal, wal.stat().st_size - 100)
    assert "since this machine was started" in refuses(directory)


def test_log_gone(copy):
    directory, wal, _ = copy
    wal.unlink()
    assert refuses(directory) is not None


def test_power_loss_takes_back_what_was_not_durable_and_says_so(copy):
    directory, wal, durable_bytes = copy
    os.truncate(wal, durable_bytes)
    mark = bytearray((directory / "applied-mark").read_bytes())
    mark[16:52] = b"01234567-89ab-cdef-0123-456789abcdef"  # another boot
    mark[12:16] = struct.pack("<I", zlib.crc32(mark[16:64]))
    (directory / "applied-mark").write_bytes(mark)
    with FreshetServer(dbpath=directory) as server:
        assert stored(server) == logged(server) == [document(number) for number in range(DURABLE)]
        assert "the machine went down" in server.log_text()
        collection_of(server, 1).insert_one(document(1000))
        server.restart(kill=True)
        assert stored(server)[-1] == document(1000)
        assert server.log_text().count("the machine went down") == 1, "said once more"


def test_bit_anywhere_in_the_files_of_a_stopped_server(killed, tmp_path):
    """Then reads may find it only later: they fail, and never give something else."""
    directory = tmp_path / "data"
    shutil.copytree(killed[0], directory)
    wanted = [document(number) for number in range(DURABLE + APPLIED)]
    with FreshetServer(dbpath=directory) as server:  # brings the log into tables
        assert stored(server) == wanted
        server.restart()
    chance = random.Random(SEED)
    for _ in range(25):
        path = chance.choice([file for file in directory.iterdir() if file.is_file() and file.stat().st_size > 0])
        damaged = tmp_path / "damaged"
        shutil.copytree(directory, damaged)
        at, bit = chance.randrange(path.stat().st_size), chance.randrange(8)
        rocksdb_wal.flip(damaged / path.name, at, bit)
        where = f"seed {SEED}: bit {bit} of byte {at} in {path.name}"
        try:
            with FreshetServer(dbpath=damaged) as server:
                for read in (stored, logged):
                    try:
                        assert read(server) == wanted, where
                    except PyMongoError as error:
                        assert error.code is not None, f"{where}: {error}"
        except ServerFailed as failed:
            assert failed.returncode == STORAGE, f"{where}: {failed.output}"
        shutil.rmtree(damaged)


def test_newer_format(tmp_path):
    directory = tmp_path / "data"
    with FreshetServer(dbpath=directory) as server:
        server.kill9()
        key = b"\x05" + bytes(8) + b"format"
        old, new = (key + b"\x04" + struct.pack(">I", version) for version in (1, 2))
        assert rocksdb_wal.replace(newest_wal(directory), old, new) == 1
        before = {path.name: path.read_bytes() for path in directory.glob("*.log")}
        with pytest.raises(ServerFailed) as caught:
            server.start()
        assert caught.value.returncode == STORAGE
        assert "of format 2" in caught.value.output and "newer version" in caught.value.output
        after = {path.name: path.read_bytes() for path in directory.glob("*.log")}
        assert after == before, "the refused start changed the data"
