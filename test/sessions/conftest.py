# SPDX-License-Identifier: Apache-2.0
"""A server with test commands and clients of it, for every test of this folder."""
import sys
from pathlib import Path

import pymongo
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))

from freshet_server import FreshetServer  # noqa: E402

TEST_COMMANDS = ("--setParameter", "enableTestCommands=1")


@pytest.fixture(scope="module")
def server():
    with FreshetServer(args=TEST_COMMANDS) as running:
        yield running


@pytest.fixture
def client(server):
    with pymongo.MongoClient(server.uri, serverSelectionTimeoutMS=10000) as made:
        yield made


@pytest.fixture
def collection(client, request):
    """An empty collection of the test's own."""
    made = client.sessions.get_collection(request.node.name)
    made.drop()
    yield made


@pytest.fixture
def fail_point(client):
    """Sets a fail point for the test; all are off after it."""
    names = set()

    def configure(name, mode, **data):
        names.add(name)
        return client.admin.command({"configureFailPoint": name, "mode": mode, "data": data})

    yield configure
    for name in names:
        client.admin.command({"configureFailPoint": name, "mode": "off"})
