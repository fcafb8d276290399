# SPDX-License-Identifier: Apache-2.0
"""$text and text indexes through a real driver: what is found, how it is scored, what is refused."""
import sys
from pathlib import Path

import pymongo
import pytest
from pymongo.errors import OperationFailure

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))

from freshet_server import FreshetServer  # noqa: E402

SCORE = {"$meta": "textScore"}
ARTICLES = [
    {"_id": 1, "subject": "coffee", "author": "xyz", "views": 50},
    {"_id": 2, "subject": "Coffee Shopping", "author": "efg", "views": 5},
    {"_id": 3, "subject": "Baking a cake", "author": "abc", "views": 90},
    {"_id": 4, "subject": "baking", "author": "xyz", "views": 100},
    {"_id": 5, "subject": "Café Con Leche", "author": "abc", "views": 200},
    {"_id": 6, "subject": "Сырники", "author": "jkl", "views": 80},
    {"_id": 7, "subject": "coffee and cream", "author": "efg", "views": 10},
    {"_id": 8, "subject": "Cafe con Leche", "author": "xyz", "views": 10},
]


@pytest.fixture(scope="module")
def server():
    with FreshetServer() as running:
        yield running


@pytest.fixture
def articles(server):
    with pymongo.MongoClient(server.uri) as client:
        collection = client.texts.articles
        collection.drop()
        collection.create_index([("subject", "text")])
        collection.insert_many(ARTICLES)
        yield collection


def ids(cursor):
    return sorted(document["_id"] for document in cursor)


def search(text, **options):
    return {"$text": {"$search": text, **{f"${name}": value for name, value in options.items()}}}


def code_of(action):
    with pytest.raises(OperationFailure) as failure:
        action()
    return failure.value.code


def test_the_manuals_examples(articles):
    assert ids(articles.find(search("coffee"))) == [1, 2, 7]
    assert ids(articles.find(search("bake coffee cake"))) == [1, 2, 3, 4, 7]
    assert ids(articles.find(search('"coffee shop"'))) == [2]
    assert ids(articles.find(search("coffee -shop"))) == [1, 7]
    assert ids(articles.find(search("leche", language="es"))) == [5, 8]
    assert ids(articles.find(search("сы́рники CAFÉS"))) == [5, 6, 8]
    assert ids(articles.find(search("Coffee", caseSensitive=True))) == [2]
    assert ids(articles.find(search("CAFÉ", diacriticSensitive=True))) == [5]


def test_scores_are_shown_sorted_by_and_filtered(articles):
    found = list(articles.find(search("coffee"), {"score": SCORE}).sort([("score", SCORE)]))
    assert [(each["_id"], each["score"]) for each in found] == [(1, 1.0), (2, 0.75), (7, 0.75)]
    assert found[0]["author"] == "xyz"
    assert list(articles.find(search("cake"), {"_id": 0, "s": SCORE, "views": 1})) == [{"views": 90, "s": 0.75}]
    pipeline = [
        {"$match": search("coffee baking")},
        {"$sort": {"score": SCORE, "_id": 1}},
        {"$project": {"score": SCORE}},
        {"$match": {"score": {"$gt": 0.8}}},
    ]
    assert list(articles.aggregate(pipeline)) == [{"_id": 1, "score": 1.0}, {"_id": 4, "score": 1.0}]
    by_author = [{"$match": search("coffee")}, {"$group": {"_id": "$author", "score": {"$sum": SCORE}}}, {"$sort": {"_id": 1}}]
    assert list(articles.aggregate(by_author)) == [{"_id": "efg", "score": 1.5}, {"_id": "xyz", "score": 1.0}]


def test_small_batches_keep_the_scores(articles):
    articles.insert_many({"subject": "tea " * (1 + i % 7), "i": i} for i in range(500))
    cursor = articles.find(search("tea"), {"i": 1, "score": SCORE}, batch_size=7).sort([("score", SCORE)])
    scores = [(each["score"], each["i"] % 7) for each in cursor]
    assert len(scores) == 500
    assert scores == sorted(scores, key=lambda each: -each[0])
    assert {score for score, kind in scores if kind == 1} == {1.5}


def test_sub_pipelines_search_too(articles):
    database = articles.database
    database.words.drop()
    database.words.insert_many([{"_id": "coffee"}, {"_id": "tea"}])
    inner = [{"$match": search("coffee")}, {"$sort": {"score": SCORE}}, {"$project": {"score": SCORE}}]
    expected = list(articles.aggregate(inner))
    assert [each["_id"] for each in expected] == [1, 2, 7] or len(expected) == 3
    looked = list(database.words.aggregate([{"$lookup": {"from": "articles", "pipeline": inner, "as": "found"}}]))
    assert [each["found"] for each in looked] == [expected, expected]
    united = list(database.words.aggregate([{"$unionWith": {"coll": "articles", "pipeline": inner}}]))
    assert united == [{"_id": "coffee"}, {"_id": "tea"}, *expected]
    # With a condition on the document, and with scores in the outer pipeline as well.
    own = [{"$match": search("coffee")}, {"$sort": {"_id": 1}},
           {"$lookup": {"from": "articles", "localField": "_id", "foreignField": "_id", "let": {"s": SCORE},
                        "pipeline": [{"$match": search("shopping coffee")}, {"$project": {"_id": 0, "inner": SCORE, "outer": "$$s"}}],
                        "as": "same"}}, {"$project": {"same": 1, "score": SCORE}}]
    for each in articles.aggregate(own):
        assert each["same"][0]["outer"] == each["score"]
        assert (each["same"][0]["inner"] > each["score"]) == (each["_id"] == 2)


@pytest.mark.parametrize("stage", [{"$sort": {"views": 1}}, {"$sample": {"size": 9}}, {"$unwind": "$subject"}, {"$limit": 9},
                                   {"$setWindowFields": {"sortBy": {"views": 1}, "output": {"n": {"$documentNumber": {}}}}},
                                   {"$lookup": {"from": "articles", "pipeline": [{"$match": search("baking")}], "as": "l"}}])
def test_scores_stay_with_their_documents(articles, stage):
    scores = {each["_id"]: each["s"] for each in articles.find(search("coffee shopping"), {"s": SCORE})}
    assert len(set(scores.values())) > 1
    found = articles.aggregate([{"$match": search("coffee shopping")}, stage, {"$project": {"s": SCORE}}])
    assert {each["_id"]: each["s"] for each in found} == scores


def test_stages_that_hold_documents_back_read_their_scores(articles):
    scores = sorted(each["s"] for each in articles.find(search("coffee shopping"), {"s": SCORE}))
    matched = {"$match": search("coffee shopping")}
    [group] = articles.aggregate([matched, {"$sort": {"views": -1}}, {"$group": {"_id": None, "s": {"$push": SCORE}}}])
    assert sorted(group["s"]) == scores
    window = {"$setWindowFields": {"sortBy": {"views": 1}, "output": {"s": {"$push": SCORE}}}}
    assert all(sorted(each["s"]) == scores for each in articles.aggregate([matched, window]))
    buckets = [matched, {"$bucketAuto": {"groupBy": "$views", "buckets": 1, "output": {"s": {"$push": SCORE}}}}]
    assert sorted(next(articles.aggregate(buckets))["s"]) == scores
    facets = {"a": [{"$group": {"_id": None, "s": {"$sum": SCORE}}}], "b": [{"$count": "n"}],
              "c": [{"$sort": {"s": SCORE}}, {"$project": {"_id": 0, "s": SCORE}}]}
    [faceted] = articles.aggregate([matched, {"$facet": facets}])
    assert faceted["a"][0]["s"] == pytest.approx(sum(scores)) and faceted["b"] == [{"n": len(scores)}]
    assert [each["s"] for each in faceted["c"]] == scores[::-1]
    after = [matched, {"$facet": {"a": [{"$count": "n"}, {"$set": {"s": SCORE}}]}}]
    assert code_of(lambda: list(articles.aggregate(after))) == 40218


def test_writes_move_the_terms(articles):
    articles.update_one({"_id": 1}, {"$set": {"subject": "tea"}})
    articles.delete_many(search("shopping"))
    assert ids(articles.find(search("coffee"))) == [7]
    assert articles.update_many(search("tea"), {"$set": {"hot": True}}).modified_count == 1
    assert articles.count_documents(search("tea coffee")) == 2
    assert articles.distinct("author", search("tea coffee")) == ["efg", "xyz"]
    assert articles.find_one_and_delete(search("tea"))["_id"] == 1
    assert articles.database.validate_collection("articles", full=True)["valid"]


def test_the_specification_is_listed_in_its_normal_form(articles):
    articles.drop_index("subject_text")
    name = articles.create_index([("n", 1), ("a", "text"), ("b.c", "text")], weights={"a": 5}, default_language="french")
    (listed,) = [each for each in articles.list_indexes() if each["name"] == name]
    assert listed["key"].to_dict() == {"n": 1, "_fts": "text", "_ftsx": 1}
    assert listed["weights"] == {"a": 5, "b.c": 1}
    assert (listed["default_language"], listed["language_override"], listed["textIndexVersion"]) == ("french", "language", 3)
    articles.drop_index(name)
    articles.database.command("createIndexes", "articles", indexes=[dict(listed)])
    assert articles.index_information()[name]["weights"] == {"a": 5, "b.c": 1}


def test_all_strings_under_a_wildcard(articles):
    articles.drop_index("subject_text")
    articles.create_index([("$**", "text")])
    assert ids(articles.find(search("jkl coffee"))) == [1, 2, 6, 7]


def test_one_text_index_per_collection(articles):
    assert code_of(lambda: articles.create_index([("author", "text")])) == 85
    assert code_of(lambda: articles.create_index([("views", 1), ("author", "text")])) == 67
    assert articles.create_index([("subject", "text")]) == "subject_text"


@pytest.mark.parametrize("keys, options", [
    ([("a", "text"), ("n", 1), ("b", "text")], {}),
    ([("a", "text")], {"unique": True}),
    ([("a", "text")], {"expireAfterSeconds": 5}),
    ([("a", "text")], {"default_language": "klingon"}),
    ([("a", "text")], {"weights": {"a": 0}}),
    ([("a", "text")], {"weights": {"$a": 1}}),
    ([("a", "text")], {"textIndexVersion": 9}),
    ([("a", "text")], {"language_override": ""}),
    ([("a", "text")], {"collation": {"locale": "de"}}),
    ([("a", "text"), ("h", "hashed")], {}),
    ([("a.$**", "text")], {}),
])
def test_specifications_that_are_refused(articles, keys, options):
    articles.drop_index("subject_text")
    assert code_of(lambda: articles.create_index(keys, **options)) == 67


def test_documents_in_no_language_are_refused(articles):
    with pytest.raises(OperationFailure) as failure:
        articles.insert_one({"subject": "x", "language": "klingon"})
    assert failure.value.code == 17262


def test_queries_that_are_refused(articles):
    database = articles.database
    assert code_of(lambda: list(database.none.find(search("x")))) == 27
    assert code_of(lambda: list(articles.find(search("x"), hint="subject_text"))) == 2
    assert code_of(lambda: list(articles.find(search("x")).sort("$natural", 1))) == 2
    assert code_of(lambda: list(articles.aggregate([{"$match": {}}, {"$match": search("x")}]))) == 17313
    assert code_of(lambda: list(articles.aggregate([{"$facet": {"a": [{"$match": search("x")}]}}]))) == 40600
    inner = [{"$match": search("x")}]
    for stage in ({"$lookup": {"from": "missing", "pipeline": inner, "as": "l"}}, {"$unionWith": {"coll": "missing", "pipeline": inner}}):
        assert code_of(lambda stage=stage: list(articles.aggregate([stage]))) == 27
    late_inner = [{"$lookup": {"from": "articles", "pipeline": [{"$set": {"a": 1}}, *inner], "as": "l"}}]
    assert code_of(lambda: list(articles.aggregate(late_inner))) == 17313
    assert code_of(lambda: list(articles.find({}, {"s": SCORE}))) == 40218
    assert code_of(lambda: articles.update_one({}, {"$pull": {"a": search("x")}})) == 2
    late = [{"$match": search("coffee")}, {"$group": {"_id": 1}}, {"$project": {"s": SCORE}}]
    assert code_of(lambda: list(articles.aggregate(late))) == 40218
    assert code_of(lambda: articles.watch([{"$match": search("x")}])) == 17313
