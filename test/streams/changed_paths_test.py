# SPDX-License-Identifier: Apache-2.0
"""Only when field X changed: MongoDB's filters on dotted names, and the stage that means it (docs/decisions/0008)."""
import pytest
from pymongo.errors import OperationFailure

from raw_stream import RawStream, types

STAGE = "$freshetChangedPaths"


def paths(*wanted):
    return [{STAGE: {"paths": list(wanted)}}]


def test_dotted_names_in_filters_never_match_as_in_mongodb(db):
    db.c.insert_one({"_id": 1, "a": {"b": 1}})
    dotted = RawStream(db, "c", [{"$match": {"updateDescription.updatedFields.a.b": {"$exists": True}}}])
    plain = RawStream(db, "c", [{"$match": {"updateDescription.updatedFields.c": {"$exists": True}}}])
    db.c.update_one({"_id": 1}, {"$set": {"a.b": 2}})
    db.c.update_one({"_id": 1}, {"$set": {"c": 1}})
    assert dotted.drain() == [] and len(plain.drain()) == 1


@pytest.mark.parametrize("update,touched", [
    ({"$set": {"a.b": 2}}, True), ({"$set": {"a": {"b": 1, "z": 1}}}, True), ({"$unset": {"a": 1}}, True),
    ({"$unset": {"a.b": 1}}, True), ({"$set": {"a.c": 5}}, False), ({"$set": {"x": 5}}, False),
    ({"$set": {"a.b.deep": 5}}, None), ([{"$set": {"a.b": 7}}], True), ([{"$set": {"a.c": 7}}], False),
    ({"$rename": {"a.b": "moved"}}, True), ({"$inc": {"a.b": 1}}, True), ({"$inc": {"a.c": 1}}, False)])
def test_a_path_its_parents_and_what_is_below(db, update, touched):
    db.c.insert_one({"_id": 1, "a": {"b": 1 if touched is not None else {}, "c": 1, "pad": "x" * 500}})
    stream = RawStream(db, "c", paths("a.b"))
    db.c.update_one({"_id": 1}, update)
    assert len(stream.drain()) == (0 if touched is False else 1)


@pytest.mark.parametrize("update,touched", [
    ({"$set": {"items.1.price": 5}}, True), ({"$set": {"items.1.name": "z"}}, False), ({"$push": {"items": {"price": 1}}}, True),
    ({"$pull": {"items": {"price": 2}}}, True), ({"$set": {"items.$[i].price": 9}}, True),
    ([{"$set": {"items": {"$slice": ["$items", 1]}}}], True)])
def test_array_elements(db, update, touched):
    db.c.insert_one({"_id": 1, "items": [{"price": 1, "name": "a", "pad": "x" * 100}, {"price": 2, "name": "b", "pad": "x" * 100}]})
    stream = RawStream(db, "c", paths("items.price"))
    filters = [{"i.price": 1}] if "i" in str(update).replace("items", "") and "$[i]" in str(update) else None
    db.c.update_one({"_id": 1}, update, array_filters=filters)
    assert len(stream.drain()) == int(touched)


def test_names_with_dots_are_lists(db):
    db.c.insert_one({"_id": 1, "a.b": 1, "a": {"b": 1}})
    name, path = RawStream(db, "c", paths(["a.b"])), RawStream(db, "c", paths("a.b"))
    db.c.update_one({"_id": 1}, [{"$replaceWith": {"$setField": {"field": "a.b", "input": "$$ROOT", "value": 2}}}])
    assert len(name.drain()) == 1 and path.drain() == []
    db.c.update_one({"_id": 1}, {"$set": {"a.b": 2}})
    assert name.drain() == [] and len(path.drain()) == 1


def test_other_events_pass_and_can_be_filtered(db):
    every = RawStream(db, "c", paths("a"))
    updates = RawStream(db, "c", [*paths("a"), {"$match": {"operationType": "update"}}])
    db.c.insert_one({"_id": 1, "a": 1, "b": 1})
    db.c.update_one({"_id": 1}, {"$set": {"b": 2}})
    db.c.update_one({"_id": 1}, {"$set": {"a": 2}})
    db.c.delete_one({"_id": 1})
    db.c.drop()
    assert types(every.drain()) == ["insert", "update", "delete", "drop", "invalidate"]
    assert types(updates.drain())[0] == "update"


def test_replacements_are_compared_where_images_are_kept(db):
    db.create_collection("c", changeStreamPreAndPostImages={"enabled": True})
    db.create_collection("d")
    stream = RawStream(db, stages=paths("a.b"))
    for coll in (db.c, db.d):
        coll.insert_one({"_id": 1, "a": {"b": 1}})
        coll.replace_one({"_id": 1}, {"a": {"b": 1}, "other": 1})
        coll.replace_one({"_id": 1}, {"a": {"b": 2}, "other": 1})
    replaced = [event["ns"]["coll"] for event in stream.drain() if event["operationType"] == "replace"]
    assert replaced == ["c", "d", "d"]


def test_events_are_as_without_the_stage(db):
    db.c.insert_one({"_id": 1, "a": 1})
    plain, filtered = RawStream(db, "c"), RawStream(db, "c", paths("a"))
    db.c.update_one({"_id": 1}, {"$set": {"a": 2}})
    assert plain.drain() == filtered.drain()


@pytest.mark.parametrize("body,code", [({}, 9), ({"paths": []}, 9), ({"paths": [""]}, 9), ({"paths": "a"}, 14), (1, 14),
                                       ({"paths": [1]}, 14), ({"paths": ["a"], "x": 1}, 40415)])
def test_wrong_bodies(db, body, code):
    with pytest.raises(OperationFailure) as error:
        RawStream(db, "c", [{STAGE: body}])
    assert error.value.code == code


def test_its_place_is_directly_behind_the_stream(db):
    for stages in ([{"$match": {}}, *paths("a")], [*paths("a"), *paths("b")]):
        with pytest.raises(OperationFailure) as error:
            RawStream(db, "c", stages)
        assert error.value.code == 20
    with pytest.raises(OperationFailure) as error:
        db.command("aggregate", "c", pipeline=paths("a"), cursor={})
    assert error.value.code == 40324, "elsewhere nobody knows it"
