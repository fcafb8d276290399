# SPDX-License-Identifier: Apache-2.0
"""Unmodified connectors against servers of this build; skipped, with the reason, where they could not be fetched."""
import itertools
import shutil
import sys
from pathlib import Path

import pymongo
import pytest

for folder in ("harness", "streams", "connectors"):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / folder))

from connector import DEBEZIUM, KAFKA, Connector  # noqa: E402
from freshet_server import FreshetServer  # noqa: E402

NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def server():
    with FreshetServer(durable=True) as running:
        yield running


@pytest.fixture
def client(server):
    with pymongo.MongoClient(server.uri) as connected:
        yield connected


@pytest.fixture
def db(client):
    name = f"connectors{next(NUMBERS)}"
    yield client[name]
    client.drop_database(name)


def compiled(kind, folder):
    if not shutil.which("javac"):
        pytest.skip("javac is not installed: tools/deps test")
    if not kind.jars.is_dir():
        pytest.skip(f"{kind.jars} is not there: tools/deps could not fetch it")
    classes = folder / kind.runner
    kind.compile(classes)
    return classes


@pytest.fixture(scope="session")
def debezium_classes(tmp_path_factory):
    return compiled(DEBEZIUM, tmp_path_factory.mktemp("classes"))


@pytest.fixture(scope="session")
def kafka_classes(tmp_path_factory):
    return compiled(KAFKA, tmp_path_factory.mktemp("classes"))


@pytest.fixture
def make(tmp_path):
    """Makes a connector that is killed when the test ends."""
    made = []

    def one(kind, classes, properties):
        made.append(Connector(kind, classes, tmp_path, properties))
        return made[-1]

    yield one
    for connector in made:
        connector.kill9()
