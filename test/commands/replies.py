# SPDX-License-Identifier: Apache-2.0
"""Comparing replies to the last type, and the errors of commands that must fail."""
import pymongo
import pytest
from bson.int64 import Int64
from bson.raw_bson import RawBSONDocument

ENVELOPE = ("$clusterTime", "operationTime")


def without_times(reply):
    return {name: value for name, value in reply.items() if name not in ENVELOPE}


def typed(value):
    """A value with its BSON number types: 1, Int64(1) and 1.0 differ."""
    if isinstance(value, RawBSONDocument):
        value = dict(value)
    if isinstance(value, dict):
        return [(name, typed(item)) for name, item in value.items()]
    if isinstance(value, list):
        return [typed(item) for item in value]
    if isinstance(value, Int64):
        return ("long", int(value))
    return (type(value).__name__, value)


def assert_same(reply, expected):
    """Equal in values, types and the order of fields, times aside."""
    assert typed(without_times(reply)) == typed(expected)


def code_of(run, *arguments, **options):
    """The code a command fails with."""
    with pytest.raises(pymongo.errors.OperationFailure) as caught:
        run(*arguments, **options)
    return caught.value.code
