# SPDX-License-Identifier: Apache-2.0
"""Geospatial queries, 2d and 2dsphere indexes through a real driver: what is found, and what is refused."""
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
    assert code_of(lambda: places.create_index([("other", "2dsphere")], unique=True)) == 67
    assert code_of(lambda: places.create_index([("other", "2dsphere")], **{"2dsphereIndexVersion": 9})) == 67


@pytest.fixture
def plane(server):
    """Pairs of coordinates under `at`, of a chessboard."""
    with pymongo.MongoClient(server.uri) as client:
        collection = client.geo.plane
        collection.drop()
        collection.create_index([("at", "2d"), ("kind", 1)])
        collection.insert_many({"_id": 10 * x + y, "at": [x, y], "kind": (x + y) % 2} for x in range(10) for y in range(10))
        yield collection


def stage_of(cursor):
    stage = cursor.explain()["queryPlanner"]["winningPlan"]
    stage = stage.get("queryPlan", stage)
    names_down = []
    while stage:
        names_down.append(stage["stage"])
        stage = stage.get("inputStage")
    return names_down


def test_near_in_the_plane(plane):
    near_pair = {"at": {"$near": [0, 0]}}
    assert names(plane.find(near_pair).limit(6))[:1] == [0]
    assert set(names(plane.find(near_pair).limit(3))) == {0, 1, 10}
    assert set(names(plane.find({"at": {"$near": [5, 5], "$maxDistance": 1}}))) == {55, 45, 65, 54, 56}
    assert set(names(plane.find({"at": {"$near": [5, 5, 1]}}))) == {55, 45, 65, 54, 56}
    assert set(names(plane.find({"at": {"$near": [5, 5], "$minDistance": 0.5, "$maxDistance": 1}}))) == {45, 65, 54, 56}
    assert names(plane.find({"at": {"$near": [5, 5], "$maxDistance": 1}, "kind": 0})) == [55]
    assert len(names(plane.find({"at": {"$near": {"x": 5, "y": 5}}}, batch_size=7))) == 100
    assert set(names(plane.find({"at": {"$nearSphere": [5, 5], "$maxDistance": 0.018}}))) == {55, 45, 65, 54, 56}
    assert stage_of(plane.find(near_pair)) == ["GEO_NEAR_2D"]
    assert names(plane.find(near_pair, hint="at_2d_kind_1").limit(1)) == [0]
    assert code_of(lambda: list(plane.find({"at": near(5, 5)}))) == 291
    assert code_of(lambda: list(plane.find(near_pair, hint="_id_"))) == 291


@pytest.mark.parametrize("shape, found", [
    ({"$box": [[1, 1], [2, 3]]}, {11, 12, 13, 21, 22, 23}),
    ({"$center": [[5, 5], 1]}, {55, 45, 65, 54, 56}),
    ({"$polygon": [[0, 0], [2, 0], [0, 2]]}, {0, 1, 2, 10, 11, 20}),
    ({"$centerSphere": [[5, 5], 0.018]}, {55, 45, 65, 54, 56}),
    ({"$box": [[50, 50], [60, 60]]}, set()),
    ({"$box": [[500, 500], [600, 600]]}, set()),
])
def test_areas_in_the_plane(plane, shape, found):
    query = {"at": {"$geoWithin": shape}}
    assert set(names(plane.find(query))) == found
    assert set(names(plane.find(query, hint=[("$natural", 1)]))) == found
    assert stage_of(plane.find(query)) == ["FETCH", "IXSCAN"]
    assert plane.count_documents(query) == len(found)
    assert plane.database.validate_collection("plane", full=True)["valid"]


def test_geo_near_in_the_plane(plane):
    stage = {"near": [3, 4], "distanceField": "d", "includeLocs": "l", "query": {"kind": 0}, "distanceMultiplier": 2}
    nearest = list(plane.aggregate([{"$geoNear": stage}, {"$limit": 2}]))
    assert [each["d"] for each in nearest] == [2, 2]
    assert nearest[0]["l"] == nearest[0]["at"]
    assert plane.aggregate([{"$geoNear": {**stage, "spherical": True, "query": {}}}]).next()["_id"] == 34
    plane.create_index([("ball", "2dsphere")])
    plane.insert_one({"_id": "ball", "ball": [3, 4]})
    assert plane.aggregate([{"$geoNear": stage}]).next()["d"] == 2, "the 2d index comes first"
    over_ball = {"near": [3, 4], "distanceField": "d", "key": "ball"}
    assert [each["_id"] for each in plane.aggregate([{"$geoNear": {**over_ball, "spherical": True}}])] == ["ball"]
    assert code_of(lambda: list(plane.aggregate([{"$geoNear": over_ball}]))) == 291
    assert code_of(lambda: list(plane.aggregate([{"$geoNear": {**stage, "near": point(3, 4)}}]))) == 291
    plane.create_index([("other", "2d")])
    assert code_of(lambda: list(plane.aggregate([{"$geoNear": stage}]))) == 27
    assert plane.aggregate([{"$geoNear": {**stage, "key": "at"}}]).next()["d"] == 2


def test_geo_near_takes_variables(plane):
    stage = {"near": "$$here", "distanceField": "d", "maxDistance": {"$add": ["$$far", 1]}, "minDistance": 0.5}
    found = plane.aggregate([{"$geoNear": stage}], let={"here": [5, 5], "far": 0})
    assert {each["_id"] for each in found} == {45, 65, 54, 56}
    refused = [({"near": "$at"}, 5860402), ({"near": "here"}, 16605), ({"maxDistance": "x"}, 14), ({"minDistance": -1}, 2),
               ({"distanceMultiplier": "x"}, 14), ({"distanceField": 5}, 16606), ({"query": 5}, 14), ({"limit": 5}, 40415)]
    for wrong, code in refused:
        whole = {"near": [5, 5], "distanceField": "d", **wrong}
        assert code_of(lambda: list(plane.aggregate([{"$geoNear": whole}]))) == code, wrong


def test_grids_of_2d_indexes(plane):
    places = plane.database.grids
    places.drop()
    places.create_index([("at", "2d")], min=0, max=100.5, bits=8)
    listed = places.index_information()["at_2d"]
    assert listed == {"v": 2, "key": [("at", "2d")], "min": 0, "max": 100.5, "bits": 8}
    places.create_index([("at", "2d")], min=0, max=100.5, bits=8)
    assert code_of(lambda: places.create_index([("at", "2d")], min=0, max=100.5, bits=9)) in (85, 86)
    places.insert_many([{"_id": 1, "at": [100.5, 0]}, {"_id": 2}, {"_id": 3, "at": None}, {"_id": 4, "at": []},
                        {"_id": 5, "at": [[1, 1], [50, 50]]}, {"_id": 6, "at": {"lng": 2, "lat": 2}}])
    assert names(places.find({"at": {"$near": [0, 0]}})) == [5, 6, 1]
    assert names(places.find({"at": {"$geoWithin": {"$center": [[100, 0], 1]}}})) == [1]
    places.delete_one({"_id": 5})
    places.update_one({"_id": 6}, {"$set": {"at": [99, 99]}})
    assert names(places.find({"at": {"$near": [100, 100]}})) == [6, 1]
    assert places.database.validate_collection("grids", full=True)["valid"]
    for at, code in [([101, 0], 13027), ([0, -1], 13027), ([1], 13068), ([1, "x"], 13026), (["1", "2"], 13654), (point(1, 2), 13654)]:
        with pytest.raises(WriteError) as failure:
            places.insert_one({"at": at})
        assert failure.value.code == code, at
    places.database.strings.drop()
    places.database.strings.insert_one({"at": [1000, 1000]})
    assert code_of(lambda: places.database.strings.create_index([("at", "2d")])) == 13027
    assert places.database.strings.create_index([("at", "2d")], max=1000) == "at_2d"


@pytest.mark.parametrize("keys, options, code", [
    ([("at", "2d")], {"bits": 0}, 72), ([("at", "2d")], {"bits": 33}, 72), ([("at", "2d")], {"bits": "x"}, 14),
    ([("at", "2d")], {"min": 5, "max": 5}, 72), ([("at", "2d")], {"min": "x"}, 14), ([("a", 1), ("at", "2d")], {}, 16801),
    ([("at", "2d"), ("b", "2d")], {}, 16800), ([("at", "2d"), ("b", "hashed")], {}, 67), ([("at", "2d")], {"unique": True}, 67),
    ([("at", "2d")], {"expireAfterSeconds": 5}, 67), ([("at", "2d")], {"collation": {"locale": "de"}}, 67),
    ([("at", "2d"), ("b", "2dsphere")], {}, 67),
])
def test_2d_indexes_that_are_refused(plane, keys, options, code):
    collection = plane.database.refused
    assert code_of(lambda: collection.create_index(keys, **options)) == code


def test_2d_indexes_and_other_options(plane):
    collection = plane.database.get_collection("options")
    collection.drop()
    plane.database.create_collection("options", collation={"locale": "de"})
    assert code_of(lambda: collection.create_index([("at", "2d")])) == 67
    collection.create_index([("at", "2d")], collation={"locale": "simple"}, partialFilterExpression={"live": True})
    collection.insert_many([{"_id": 1, "at": [1, 1], "live": True}, {"_id": 2, "at": [2, 2]}])
    assert names(collection.find({"at": {"$near": [0, 0]}, "live": True})) == [1]
    assert code_of(lambda: list(collection.find({"at": {"$near": [0, 0]}}))) == 291
    assert sorted(names(collection.find({"at": {"$geoWithin": {"$box": [[0, 0], [3, 3]]}}}))) == [1, 2]
