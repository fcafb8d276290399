# SPDX-License-Identifier: Apache-2.0
"""One server for all that only looks at streams; a database of its own for each test."""
import itertools
import sys
from pathlib import Path

import pymongo
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from freshet_server import FreshetServer  # noqa: E402

NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def server():
    with FreshetServer() as running:
        yield running


@pytest.fixture(scope="session")
def client(server):
    with pymongo.MongoClient(server.uri) as connected:
        yield connected


@pytest.fixture
def db(client):
    name = f"streams{next(NUMBERS)}"
    yield client[name]
    client.drop_database(name)
