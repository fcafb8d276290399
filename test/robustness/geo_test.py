# SPDX-License-Identifier: Apache-2.0
"""Geospatial queries and 2dsphere indexes through a real driver: what is found, and what is refused."""
import sys
from pathlib import Path

import pymongo
import pytest
from pymongo.errors import OperationFailure, WriteError

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))

from freshet_server import FreshetServer  # noqa: E402

PLACES = {
    "Central Park": [-73.97, 40.77],
    "Sara D. Roosevelt Park": [-73.9928, 40.7193],
    "Polo Grounds": [-73.9375, 40.8303],
}


@pytest.fixture(scope="module")
def server():
    with FreshetServer() as running:
        yield running


@pytest.fixture
def places(server):
    with pymongo.MongoClient(server.uri) as client:
        collection = client.geo.places
        collection.drop()
        collection.create_index([("location", "2dsphere")])
        collection.insert_many({"_id": name, "location": point(*at), "kind": name[0]} for name, at in PLACES.items())
        yield collection


def point(x, y):
    return {"type": "Point", "coordinates": [x, y]}


def names(cursor):
    return [document["_id"] for document in cursor]


def code_of(action):
    with pytest.raises(OperationFailure) as failure:
        action()
    return failure.value.code


def near(x, y, **bounds):
    return {"$near": {"$geometry": point(x, y), **{f"${name}": value for name, value in bounds.items()}}}


def test_near_is_in_the_order_of_distances(places):
    assert names(places.find({"location": near(-73.98, 40.76)})) == ["Central Park", "Sara D. Roosevelt Park", "Polo Grounds"]
    assert names(places.find({"location": near(-73.9667, 40.78, minDistance=1000, maxDistance=5000)})) == ["Central Park"]
    assert names(places.find({"location": {"$nearSphere": [-73.98, 40.76], "$maxDistance": 0.001}})) == ["Central Park", "Sara D. Roosevelt Park"]
    assert names(places.find({"location": near(0, 0), "kind": "P"})) == ["Polo Grounds"]
    assert names(places.find({"location": near(0, 0)}).sort("_id", -1)) == sorted(PLACES, reverse=True)


def test_small_batches_of_near(places):
    places.delete_many({})
    places.insert_many({"_id": i, "location": point(i / 10, 0)} for i in range(500))
    found = names(places.find({"location": near(0, 0)}, batch_size=7))
    assert found == list(range(500))
    assert names(places.find({"location": near(60, 0)}).limit(1)) == [499]


def test_geo_near(places):
    stage = {"near": point(-73.99279, 40.719296), "distanceField": "dist.calculated", "maxDistance": 8000,
             "query": {"kind": {"$ne": "X"}}, "includeLocs": "dist.location", "spherical": True}
    found = list(places.aggregate([{"$geoNear": stage}, {"$project": {"dist": 1, "meta": {"$meta": "geoNearDistance"}}}]))
    assert names(found) == ["Sara D. Roosevelt Park", "Central Park"]
    assert found[0]["dist"]["calculated"] == pytest.approx(0.95, abs=0.05)
    assert found[0]["dist"]["location"] == point(*PLACES["Sara D. Roosevelt Park"])
    assert found[1]["meta"] == found[1]["dist"]["calculated"] == pytest.approx(5965, abs=15)
    radians = {"near": [-73.99279, 40.719296], "distanceField": "d", "spherical": True, "distanceMultiplier": 6378.1}
    assert [round(each["d"], 1) for each in places.aggregate([{"$geoNear": radians}, {"$limit": 2}])] == [0.0, 6.0]


def test_geo_near_in_sub_pipelines(places):
    database = places.database
    database.stops.drop()
    database.stops.insert_many([{"_id": "a", "kind": "P"}, {"_id": "b", "kind": "C"}])
    stage = {"$geoNear": {"near": point(-73.98, 40.76), "distanceField": "d"}}
    shape = {"$project": {"d": 1, "meta": {"$meta": "geoNearDistance"}}}
    expected = list(places.aggregate([stage, shape]))
    assert names(expected) == ["Central Park", "Sara D. Roosevelt Park", "Polo Grounds"]
    looked = database.stops.aggregate([{"$lookup": {"from": "places", "pipeline": [stage, shape], "as": "near"}}])
    assert [each["near"] for each in looked] == [expected, expected]
    joined = database.stops.aggregate([{"$sort": {"_id": 1}}, {"$lookup": {
        "from": "places", "localField": "kind", "foreignField": "kind", "pipeline": [stage], "as": "near"}}])
    assert [names(each["near"]) for each in joined] == [["Polo Grounds"], ["Central Park"]]
    united = list(database.stops.aggregate([{"$match": {"_id": "a"}}, {"$unionWith": {"coll": "places", "pipeline": [stage, shape]}}]))
    assert united[1:] == expected
    [facets] = places.aggregate([stage, {"$facet": {"far": [{"$sort": {"d": -1}}, {"$limit": 1}, shape], "n": [{"$count": "n"}]}}])
    assert facets["far"] == expected[-1:]
    assert code_of(lambda: list(places.aggregate([{"$facet": {"a": [stage]}}]))) == 40600
    late = [{"$lookup": {"from": "places", "pipeline": [{"$limit": 1}, stage], "as": "l"}}]
    assert code_of(lambda: list(places.aggregate(late))) == 40602
    bare = [{"$lookup": {"from": "stops", "pipeline": [stage], "as": "l"}}]
    assert code_of(lambda: list(places.aggregate(bare))) == 27


def test_within_and_intersects_without_and_with_an_index(places):
    box = {"type": "Polygon", "coordinates": [[[-74, 40.7], [-73.95, 40.7], [-73.95, 40.8], [-74, 40.8], [-74, 40.7]]]}
    queries = [{"location": {"$geoWithin": {"$geometry": box}}}, {"location": {"$geoIntersects": {"$geometry": box}}},
               {"location": {"$geoWithin": {"$centerSphere": [[-73.98, 40.745], 5 / 6378.1]}}},
               {"location": {"$geoWithin": {"$box": [[-74, 40.7], [-73.95, 40.8]]}}}]
    for hint in ("location_2dsphere", [("$natural", 1)]):
        for query in queries[: 3 if hint == "location_2dsphere" else 4]:
            assert sorted(names(places.find(query, hint=hint))) == ["Central Park", "Sara D. Roosevelt Park"]
    assert places.count_documents({"location": {"$geoWithin": {"$centerSphere": [[0, 0], 0.1]}}}) == 0
    assert places.update_many(queries[0], {"$set": {"inside": True}}).modified_count == 2
    assert places.database.validate_collection("places", full=True)["valid"]


def test_the_index_is_listed(places):
    listed = places.index_information()["location_2dsphere"]
    assert (listed["key"], listed["2dsphereIndexVersion"]) == ([("location", "2dsphere")], 3)
    places.insert_one({"_id": "nowhere"})
    assert places.database.validate_collection("places", full=True)["valid"]


@pytest.mark.parametrize("place", ["x", 7, {"type": "Point", "coordinates": [200, 0]}, {"type": "Blob", "coordinates": [1, 2]}, [1, 100]])
def test_what_is_no_place_cannot_be_indexed(places, place):
    with pytest.raises(WriteError) as failure:
        places.insert_one({"location": place})
    assert failure.value.code == 16755


def test_queries_that_are_refused(places):
    database = places.database
    database.bare.drop()
    database.bare.insert_one({"location": point(0, 0)})
    assert code_of(lambda: list(database.bare.find({"location": near(0, 0)}))) == 291
    assert code_of(lambda: list(places.find({"location": {"$near": [0, 0]}}))) == 291
    assert code_of(lambda: list(database.bare.aggregate([{"$geoNear": {"near": point(0, 0), "distanceField": "d"}}]))) == 27
    assert code_of(lambda: list(places.aggregate([{"$geoNear": {"near": point(0, 0)}}]))) == 16606
    assert code_of(lambda: list(places.aggregate([{"$match": {"location": near(0, 0)}}]))) == 5626500
    assert code_of(lambda: list(places.aggregate([{"$match": {}}, {"$geoNear": {"near": point(0, 0), "distanceField": "d"}}]))) == 40602
    assert code_of(lambda: places.count_documents({"location": near(0, 0)})) == 5626500
    assert code_of(lambda: list(places.find({"location": {"$geoWithin": {"$geometry": point(0, 0)}}}))) == 2
    assert code_of(lambda: places.create_index([("location", "2d")])) == 67
    assert code_of(lambda: places.create_index([("other", "2dsphere")], unique=True)) == 67
    assert code_of(lambda: places.create_index([("other", "2dsphere")], **{"2dsphereIndexVersion": 9})) == 67
