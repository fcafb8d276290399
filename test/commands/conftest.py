# SPDX-License-Identifier: Apache-2.0
"""What the command tests share: one server for all, a database of its own for each test."""
import sys
from pathlib import Path

import pymongo
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))

from freshet_server import FreshetServer  # noqa: E402


@pytest.fixture(scope="session")
def server():
    with FreshetServer() as running:
        yield running


@pytest.fixture(scope="session")
def client(server):
    with pymongo.MongoClient(server.uri) as connected:
        yield connected


@pytest.fixture
def fresh_client(server):
    """For tests that number transactions themselves: its sessions are no one else's."""
    with pymongo.MongoClient(server.uri) as connected:
        yield connected


@pytest.fixture
def db(client, request):
    name = "".join(c if c.isalnum() else "_" for c in request.node.name)[:60]
    yield client[name]
    client.drop_database(name)


@pytest.fixture
def admin(client):
    return client.admin
