# SPDX-License-Identifier: Apache-2.0
"""Views: what may be defined, what may be asked of them."""
import pytest
from replies import code_of

STRENGTH_2 = {"locale": "en", "strength": 2}


@pytest.fixture
def letters(db):
    db.c.insert_many([{"_id": i, "a": i % 3, "s": "aA"[i % 2]} for i in range(6)])
    return db


def view(db, name, source, pipeline=(), **options):
    return db.command({"create": name, "viewOn": source, "pipeline": list(pipeline), **options})


@pytest.mark.parametrize("pipeline, code", [
    ([{"$bogus": 1}], 40324),
    ([{"$match": 1}], 15959),
    ([1], 14),
    ([{"$out": "x"}], 167),
    ([{"$merge": "x"}], 167),
    ([{"$changeStream": {}}], 167),
    ([{"$facet": {"a": [{"$out": "x"}]}}], 40600),
])
def test_pipelines_that_make_no_view(db, pipeline, code):
    assert code_of(view, db, "v", "c", pipeline) == code
    assert db.list_collection_names() == []


def test_views_on_views(letters):
    view(letters, "some", "c", [{"$match": {"a": {"$gt": 0}}}])
    view(letters, "fewer", "some", [{"$match": {"s": "a"}}])
    assert letters.fewer.distinct("_id") == [2, 4]
    assert letters.fewer.count_documents({}) == 2 and letters.fewer.estimated_document_count() == 2


def test_views_do_not_lead_back_to_themselves(db):
    view(db, "v1", "v2")
    assert code_of(view, db, "v2", "v1") == 5
    lookup = [{"$lookup": {"from": "v1", "localField": "a", "foreignField": "b", "as": "x"}}]
    assert code_of(view, db, "v2", "c", lookup) == 5
    assert code_of(view, db, "v3", "v3") == 5
    view(db, "v2", "c")
    assert code_of(db.command, {"collMod": "v2", "viewOn": "v1", "pipeline": []}) == 5
    assert code_of(db.command, {"collMod": "v2", "viewOn": "c", "pipeline": [{"$unionWith": "v1"}]}) == 5


def test_views_stand_twenty_deep(db):
    view(db, "v1", "c")
    for depth in range(2, 21):
        view(db, f"v{depth}", f"v{depth - 1}")
    assert code_of(view, db, "v21", "v20") == 165
    assert list(db.v20.find()) == []


def test_a_view_has_one_collation(letters):
    view(letters, "v", "c", collation=STRENGTH_2)
    assert letters.v.count_documents({"s": "a"}) == 6
    assert letters.v.distinct("s") == ["a"]
    other = {"locale": "fr"}
    for command in ({"find": "v"}, {"count": "v", "query": {"s": "a"}}, {"distinct": "v", "key": "s"},
                    {"aggregate": "v", "pipeline": [], "cursor": {}}):
        assert code_of(letters.command, {**command, "collation": other}) == 167
        letters.command({**command, "collation": STRENGTH_2})
    assert code_of(view, letters, "w", "v") == 167
    assert code_of(view, letters, "w", "v", collation=other) == 167
    view(letters, "w", "v", collation=STRENGTH_2)
    view(letters, "plain", "c")
    assert code_of(letters.command, {"find": "plain", "collation": other}) == 167
    letters.command({"find": "plain", "collation": {"locale": "simple"}})


@pytest.mark.parametrize("option", [
    {"showRecordId": True}, {"min": {"_id": 1}, "hint": {"_id": 1}}, {"max": {"_id": 1}, "hint": {"_id": 1}},
    {"noCursorTimeout": True}, {"allowPartialResults": True}, {"sort": {"$natural": -1}}, {"tailable": True},
])
def test_options_that_a_find_on_a_view_lacks(letters, option):
    view(letters, "v", "c")
    assert code_of(letters.command, {"find": "v", **option}) == 168


@pytest.mark.parametrize("command", [
    {"update": "v", "updates": [{"q": {}, "u": {"$set": {"a": 1}}}]},
    {"delete": "v", "deletes": [{"q": {}, "limit": 1}]},
    {"insert": "v", "documents": [{}]},
])
def test_nobody_writes_to_views(letters, command):
    view(letters, "v", "c")
    assert letters.command(command)["writeErrors"][0]["code"] == 166


@pytest.mark.parametrize("command", [
    {"findAndModify": "v", "remove": True},
    {"createIndexes": "v", "indexes": [{"key": {"a": 1}, "name": "a_1"}]},
    {"dropIndexes": "v", "index": "*"},
    {"listIndexes": "v"},
    {"collStats": "v"},
    {"validate": "v"},
    {"compact": "v", "force": True},
    {"convertToCapped": "v", "size": 4096},
    {"cloneCollectionAsCapped": "v", "toCollection": "x", "size": 4096},
    {"planCacheClear": "v"},
    {"aggregate": "v", "pipeline": [{"$collStats": {"count": {}}}], "cursor": {}},
    {"aggregate": "v", "pipeline": [{"$indexStats": {}}], "cursor": {}},
])
def test_what_is_for_collections_only(letters, command):
    view(letters, "v", "c")
    assert code_of(letters.command, command) == 166


def test_changing_a_view(letters):
    view(letters, "v", "c", [{"$match": {"a": 0}}])
    letters.command({"collMod": "v", "viewOn": "c", "pipeline": [{"$match": {"a": 1}}]})
    assert letters.v.distinct("a") == [1]
    assert code_of(letters.command, {"collMod": "v", "viewOn": "c", "pipeline": [{"$bogus": 1}]}) == 40324
    assert code_of(letters.command, {"collMod": "v", "validator": {}}) == 72
    assert code_of(letters.command, {"collMod": "c", "viewOn": "c"}) == 72
    assert letters.v.distinct("a") == [1]


def test_how_views_are_listed(letters):
    view(letters, "v", "c", [{"$match": {"a": 0}}])
    [listed] = letters.list_collections(filter={"name": "v"})
    assert listed == {"name": "v", "type": "view", "options": {"viewOn": "c", "pipeline": [{"$match": {"a": 0}}]},
                      "info": {"readOnly": True}}
    assert letters.command("drop", "v") and letters.list_collection_names() == ["c"]
