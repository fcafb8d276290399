# SPDX-License-Identifier: Apache-2.0
"""bulkWrite: operations on several collections in one command."""
import bson
import pytest
from bson.int64 import Int64
from replies import assert_same, code_of, without_times


def ns_info(db, *names):
    return [{"ns": f"{db.name}.{name}"} for name in names]


def bulk(admin, db, ops, names=("c",), **options):
    return admin.command({"bulkWrite": 1, "ops": ops, "nsInfo": ns_info(db, *names), **options})


def test_reply_to_the_last_type(admin, db):
    reply = bulk(admin, db, [
        {"insert": 0, "document": {"_id": 1, "n": 0}},
        {"insert": 1, "document": {"_id": 1}},
        {"update": 0, "filter": {"_id": 1}, "updateMods": {"$inc": {"n": 1}}},
        {"update": 0, "filter": {"_id": 2}, "updateMods": {"$set": {"n": 5}}, "upsert": True},
        {"update": 0, "filter": {}, "updateMods": [{"$set": {"m": "$n"}}], "multi": True},
        {"delete": 1, "filter": {}, "multi": True},
        {"delete": 1, "filter": {}},
    ], ("c", "d"))
    assert_same(reply, {
        "cursor": {
            "firstBatch": [
                {"ok": 1.0, "idx": 0, "n": 1},
                {"ok": 1.0, "idx": 1, "n": 1},
                {"ok": 1.0, "idx": 2, "n": 1, "nModified": 1},
                {"ok": 1.0, "idx": 3, "n": 1, "nModified": 0, "upserted": {"_id": 2}},
                {"ok": 1.0, "idx": 4, "n": 2, "nModified": 2},
                {"ok": 1.0, "idx": 5, "n": 1},
                {"ok": 1.0, "idx": 6, "n": 0},
            ],
            "id": Int64(0),
            "ns": "admin.$cmd.bulkWrite",
        },
        "nErrors": 0, "nInserted": 2, "nMatched": 3, "nModified": 3, "nUpserted": 1, "nDeleted": 1, "ok": 1.0,
    })
    assert list(db.c.find(sort=[("_id", 1)])) == [{"_id": 1, "n": 1, "m": 1}, {"_id": 2, "n": 5, "m": 5}]


@pytest.mark.parametrize("ordered", [True, False])
def test_errors_stop_an_ordered_bulk_only(admin, db, ordered):
    reply = bulk(admin, db, [
        {"insert": 0, "document": {"_id": 1}},
        {"insert": 0, "document": {"_id": 1}},
        {"insert": 0, "document": {"_id": 2}},
    ], ordered=ordered)
    batch = reply["cursor"]["firstBatch"]
    assert [result["ok"] for result in batch] == [1, 0] + ([] if ordered else [1])
    error = batch[1]
    assert (error["code"], error["idx"], error["n"]) == (11000, 1, 0)
    assert error["keyPattern"] == {"_id": 1} and error["keyValue"] == {"_id": 1}
    assert error["errmsg"].startswith("E11000 duplicate key error collection: ")
    assert (reply["nErrors"], reply["nInserted"]) == (1, 1 if ordered else 2)


def test_errors_only(admin, db):
    reply = bulk(admin, db, [
        {"insert": 0, "document": {"_id": 1}},
        {"update": 0, "filter": {}, "updateMods": {"$inc": {"_id": 1}}},
        {"insert": 0, "document": {"_id": 2}},
    ], errorsOnly=True, ordered=False)
    [error] = reply["cursor"]["firstBatch"]
    assert list(error) == ["ok", "idx", "code", "errmsg", "n", "nModified"]
    assert (error["idx"], error["code"]) == (1, 66)
    assert reply["nInserted"] == 2


def test_variables_collation_hint_sort_and_array_filters(admin, db):
    db.c.insert_many([{"_id": 1, "s": "A", "a": [1, 5]}, {"_id": 2, "s": "a", "a": [5]}])
    bulk(admin, db, [
        {"update": 0, "filter": {"$expr": {"$eq": ["$_id", "$$x"]}}, "updateMods": [{"$set": {"y": "$$y"}}],
         "constants": {"y": "$literal"}},
        {"update": 0, "filter": {"s": "a"}, "updateMods": {"$set": {"both": 1}}, "multi": True,
         "collation": {"locale": "en", "strength": 2}},
        {"update": 0, "filter": {}, "updateMods": {"$set": {"last": 1}}, "sort": {"_id": -1}},
        {"update": 0, "filter": {"_id": 1}, "updateMods": {"$set": {"a.$[big]": 9}}, "arrayFilters": [{"big": {"$gt": 3}}],
         "hint": "_id_"},
    ], let={"x": 1})
    assert list(db.c.find(sort=[("_id", 1)])) == [
        {"_id": 1, "s": "A", "a": [1, 9], "y": "$literal", "both": 1},
        {"_id": 2, "s": "a", "a": [5], "both": 1, "last": 1}]


def test_validation_can_be_bypassed(admin, db):
    db.create_collection("c", validator={"n": {"$gt": 0}})
    ops = [{"insert": 0, "document": {"_id": 1, "n": 0}}]
    [error] = bulk(admin, db, ops)["cursor"]["firstBatch"]
    assert error["code"] == 121 and error["errInfo"]["failingDocumentId"] == 1
    assert bulk(admin, db, ops, bypassDocumentValidation=True)["nInserted"] == 1


def test_results_that_fit_no_batch_stay_in_a_cursor(admin, db):
    ops = [{"insert": 0, "document": {"_id": i}} for i in range(5)]
    cursor = bulk(admin, db, ops, cursor={"batchSize": 2})["cursor"]
    assert [r["idx"] for r in cursor["firstBatch"]] == [0, 1] and cursor["id"] != 0
    rest = admin.command({"getMore": cursor["id"], "collection": "$cmd.bulkWrite"})["cursor"]
    assert [r["idx"] for r in rest["nextBatch"]] == [2, 3, 4] and rest["id"] == 0


def test_retried_statements(fresh_client, db):
    admin = fresh_client.admin
    with fresh_client.start_session() as session:
        command = {"bulkWrite": 1, "ops": [{"insert": 0, "document": {"_id": 1}},
                                           {"update": 0, "filter": {"_id": 1}, "updateMods": {"$inc": {"n": 1}}}],
                   "nsInfo": ns_info(db, "c"), "txnNumber": Int64(1)}
        first = admin.command(command, session=session)
        again = admin.command(command, session=session)
    assert again["retriedStmtIds"] == [0, 1]
    del again["retriedStmtIds"]
    assert without_times(again) == without_times(first)
    assert db.c.find_one() == {"_id": 1, "n": 1}


def test_a_retryable_bulk_has_no_multi(fresh_client, db):
    admin = fresh_client.admin
    with fresh_client.start_session() as session:
        for op in ({"delete": 0, "filter": {}, "multi": True},
                   {"update": 0, "filter": {}, "updateMods": {"$set": {"a": 1}}, "multi": True}):
            assert code_of(admin.command, {"bulkWrite": 1, "ops": [op], "nsInfo": ns_info(db, "c"),
                                           "txnNumber": Int64(1)}, session=session) == 72


@pytest.mark.parametrize("ops, code", [
    ([], 16),
    ([{}], 9),
    ([{"upsert": 0}], 9),
    ([{"insert": 1, "document": {}}], 2),
    ([{"insert": -1, "document": {}}], 51024),
    ([{"insert": "c", "document": {}}], 14),
    ([{"insert": 0}], 40414),
    ([{"insert": 0, "document": {}, "multi": True}], 40415),
    ([{"update": 0, "filter": {}}], 40414),
    ([{"update": 0, "updateMods": {}}], 40414),
    ([{"update": 0, "filter": {}, "updateMods": {"$set": {"a": 1}}, "multi": True, "sort": {"a": 1}}], 9),
    ([{"delete": 0}], 40414),
    ([{"delete": 0, "filter": 1}], 14),
])
def test_what_is_no_bulk(admin, db, ops, code):
    assert code_of(bulk, admin, db, ops) == code


def test_where_it_may_run(admin, db):
    ops = [{"insert": 0, "document": {}}]
    assert code_of(db.command, {"bulkWrite": 1, "ops": ops, "nsInfo": ns_info(db, "c")}) == 13
    assert code_of(admin.command, {"bulkWrite": 1, "ops": ops}) == 40414
    assert code_of(admin.command, {"bulkWrite": 1, "ops": ops, "nsInfo": [{"ns": "nocollection"}]}) == 73
    assert code_of(admin.command, {"bulkWrite": 1, "ops": ops, "nsInfo": ns_info(db, "c"), "what": 1}) == 40415


def test_a_large_bulk_commits_in_portions(admin, db):
    ops = [{"insert": 0, "document": bson.raw_bson.RawBSONDocument(bson.encode({"_id": i}))} for i in range(2500)]
    ops.append({"update": 0, "filter": {}, "updateMods": {"$set": {"a": 1}}, "multi": True})
    ops.append({"delete": 0, "filter": {"a": 1}, "multi": True})
    reply = bulk(admin, db, ops, errorsOnly=True)
    assert (reply["nInserted"], reply["nModified"], reply["nDeleted"]) == (2500, 2500, 2500)
