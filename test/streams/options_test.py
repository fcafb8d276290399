# SPDX-License-Identifier: Apache-2.0
"""Options, stages and their errors: codes, labels and the words that connectors look for (the contract, 1.1 to 1.3, 1.11)."""
import pymongo
import pytest
from bson import Int64, Timestamp
from pymongo.errors import OperationFailure

from raw_stream import RawStream, types


def refused(*arguments, **options):
    with pytest.raises(OperationFailure) as error:
        RawStream(*arguments, **options)
    assert "ResumableChangeStreamError" not in (error.value.details.get("errorLabels") or [])
    return error.value


def fails(stream):
    with pytest.raises(OperationFailure) as error:
        stream.drain()
    return error.value


def test_unknown_option(db):
    error = refused(db, "c", bogus=1)
    assert error.code == 40415 and "bogus" in str(error)


def test_body_must_be_an_object(db):
    with pytest.raises(OperationFailure) as error:
        db.command("aggregate", "c", pipeline=[{"$changeStream": 1}], cursor={})
    assert error.value.code == 50808


@pytest.mark.parametrize("option,value,code", [
    ("fullDocument", "bogus", 2), ("fullDocument", 1, 14), ("fullDocumentBeforeChange", "always", 2),
    ("resumeAfter", 1, 14), ("startAfter", "x", 14), ("startAtOperationTime", 5, 14), ("showExpandedEvents", "yes", 14),
    ("allChangesForCluster", "x", 14), ("resumeAfter", {}, 40647), ("resumeAfter", {"_data": 1}, 40647),
    ("resumeAfter", {"_data": "xyz"}, 9), ("resumeAfter", {"_data": "00"}, 50811), ("resumeAfter", {"_data": "8200"}, 50810)])
def test_wrong_values(db, option, value, code):
    assert refused(db, "c", **{option: value}).code == code


def test_starting_points_exclude_each_other(db):
    token, time = RawStream(db, "c").token, Timestamp(1, 1)
    for two in ({"resumeAfter": token, "startAfter": token}, {"resumeAfter": token, "startAtOperationTime": time},
                {"startAfter": token, "startAtOperationTime": time}):
        assert refused(db, "c", **two).code == 40674


def test_all_public_and_internal_options_are_there(db):
    stream = RawStream(db, "c", fullDocument="updateLookup", fullDocumentBeforeChange="whenAvailable",
                       showExpandedEvents=True, ignoreRemovedShards=True, showErrorsAsEvents=True, showSystemEvents=True,
                       showMigrationEvents=True, matchCollectionUUIDForUpdateLookup=True, allowToRunOnSystemNS=True,
                       resumeAfter=None)
    db.c.insert_one({"_id": 1})
    assert types(stream.drain()) == ["create", "insert"]


def test_scopes(client, db):
    assert RawStream(db, "c").ns == f"{db.name}.c"
    assert RawStream(db).ns == f"{db.name}.$cmd.aggregate"
    assert RawStream(db, cluster=True).ns == "admin.$cmd.aggregate"
    for name in ("admin", "local", "config"):
        assert refused(client[name], "c").code == 73
        assert refused(client[name]).code == 73
    assert refused(db, "system.foo").code == 73
    assert refused(db, "c", allChangesForCluster=True).code == 72
    assert refused(db, allChangesForCluster=True).code == 72
    db.create_collection("v", viewOn="c", pipeline=[])
    assert refused(db, "v").code == 166


def test_cluster_streams_pass_over_internal_databases_and_system_collections(client, db):
    stream = RawStream(db, cluster=True)
    client.config.streams_test.insert_one({"_id": 1})
    client.config.streams_test.drop()
    db.c.insert_one({"_id": 1})
    assert [event["ns"]["db"] for event in stream.drain()] == [db.name]


@pytest.mark.parametrize("concern,code", [({}, None), ({"level": "majority"}, None), ({"level": "local"}, 72),
                                          ({"level": "available"}, 72), ({"level": "linearizable"}, 72)])
def test_read_concern_is_majority(db, concern, code):
    if code is None:
        RawStream(db, "c", aggregate={"readConcern": concern})
    else:
        assert refused(db, "c", aggregate={"readConcern": concern}).code == code


def test_stable_api_has_no_expanded_events(db):
    api = {"apiVersion": "1", "apiStrict": True}
    RawStream(db, "c", aggregate=api)
    assert refused(db, "c", aggregate=api, showExpandedEvents=True).code == 323


def test_collation_is_simple_unless_given(db):
    db.create_collection("c", collation={"locale": "en", "strength": 2})
    match = [{"$match": {"fullDocument.s": "ABC"}}]
    simple = RawStream(db, "c", match, aggregate={"collation": {"locale": "simple"}})
    folded = RawStream(db, "c", match, aggregate={"collation": {"locale": "en", "strength": 2}})
    plain = RawStream(db, "c", match)
    db.c.insert_many([{"s": "abc"}, {"s": "ABC"}])
    assert len(simple.drain()) == len(plain.drain()) == 1 and len(folded.drain()) == 2


@pytest.mark.parametrize("stage", [
    {"$match": {"operationType": "insert"}}, {"$project": {"documentKey": 1}}, {"$addFields": {"x": 1}}, {"$set": {"x": 1}},
    {"$unset": "fullDocument"}, {"$replaceRoot": {"newRoot": "$$ROOT"}}, {"$replaceWith": "$$ROOT"},
    {"$redact": "$$KEEP"}, {"$changeStreamSplitLargeEvent": {}}])
def test_allowed_stages(db, stage):
    stream = RawStream(db, "c", [stage])
    db.c.insert_one({"_id": 1})
    assert len(stream.drain()) == 1


@pytest.mark.parametrize("stage", [
    {"$group": {"_id": 1}}, {"$sort": {"a": 1}}, {"$limit": 1}, {"$skip": 1}, {"$unwind": "$a"}, {"$count": "n"},
    {"$lookup": {"from": "x", "localField": "a", "foreignField": "b", "as": "c"}}, {"$facet": {}}, {"$out": "x"},
    {"$merge": "x"}, {"$sample": {"size": 1}}, {"$bucket": {}}, {"$sortByCount": "$a"}, {"$unionWith": "x"},
    {"$collStats": {}}, {"$indexStats": {}}, {"$currentOp": {}}, {"$geoNear": {}}, {"$graphLookup": {}},
    {"$setWindowFields": {}}, {"$documents": []}, {"$listSessions": {}}])
def test_other_stages_are_refused(db, stage):
    assert refused(db, "c", [stage]).code == 20


def test_unknown_and_misplaced_stages(db):
    error = refused(db, "c", [{"$bogus": 1}])
    assert error.code == 40324 and "nrecognized pipeline stage name" in str(error)
    assert refused(db, "c", [{"$changeStream": {}}]).code == 40602
    assert refused(db, "c", [{"a": 1, "b": 1}]).code == 40323
    with pytest.raises(OperationFailure) as error:
        db.command("aggregate", "c", pipeline=[{"$match": {}}, {"$changeStream": {}}], cursor={})
    assert error.value.code == 40602
    split = {"$changeStreamSplitLargeEvent": {}}
    assert refused(db, "c", [split, {"$match": {}}]).code == 7182802
    assert refused(db, "c", [split, split]).code == 7182802
    with pytest.raises(OperationFailure) as error:
        db.command("aggregate", "c", pipeline=[split], cursor={})
    assert error.value.code == 20


@pytest.mark.parametrize("stage", [{"$project": {"_id": 0}}, {"$unset": "_id"}, {"$set": {"_id": 1}},
                                   {"$set": {"_id.x": 1}}, {"$replaceWith": {"x": 1}}, {"$project": {"_id._data": 0}}])
def test_the_token_must_stay(db, stage):
    stream = RawStream(db, "c", [stage])
    db.c.insert_one({"_id": 1})
    error = fails(stream)
    assert error.code == 280 and error.details["codeName"] == "ChangeStreamFatalError"
    assert "NonResumableChangeStreamError" in error.details["errorLabels"]


def test_debeziums_pipelines(db):
    regex = f"^(?!{db.name}\\.hidden).*$"
    stages = [{"$replaceRoot": {"newRoot": {"namespace": {"$concat": ["$ns.db", ".", "$ns.coll"]}, "event": "$$ROOT"}}},
              {"$match": {"namespace": {"$regex": regex, "$options": "i"}}}, {"$replaceRoot": {"newRoot": "$event"}}]
    by_regex = RawStream(db, stages=stages)
    by_name = RawStream(db, stages=[{"$match": {"ns": {"$in": [{"db": db.name, "coll": "shown"}]}}}])
    by_size = RawStream(db, stages=[{"$match": {"$expr": {"$lte": [{"$bsonSize": "$fullDocument"}, 100]}}}])
    db.hidden.insert_one({"_id": 1, "x": "y" * 200})
    db.shown.insert_one({"_id": 2})
    for stream in (by_regex, by_name, by_size):
        assert [event["documentKey"]["_id"] for event in stream.drain()] == [2]


def test_comment_is_kept_and_getmore_takes_one(db):
    stream = RawStream(db, "c", aggregate={"comment": {"who": "test"}})
    db.c.insert_one({"_id": 1})
    assert len(stream.get_more(comment="again")) == 1


def test_update_lookup(db):
    db.c.insert_many([{"_id": 1}, {"_id": 2}])
    stream = RawStream(db, "c", fullDocument="updateLookup")
    db.c.update_one({"_id": 1}, {"$set": {"a": 1}})
    db.c.update_one({"_id": 1}, {"$set": {"a": 2}})
    db.c.update_one({"_id": 2}, {"$set": {"a": 1}})
    db.c.delete_one({"_id": 2})
    first, second, gone, delete = stream.drain()
    assert first["fullDocument"] == second["fullDocument"] == {"_id": 1, "a": 2}
    assert gone["fullDocument"] is None and "fullDocument" not in delete
    assert list(first)[4] == "fullDocument"


@pytest.mark.parametrize("match_uuid,found", [(False, {"_id": 1, "other": 1}), (True, None)])
def test_update_lookup_after_the_collection_was_made_anew(db, match_uuid, found):
    db.c.insert_one({"_id": 1})
    start = db.command("ping")["operationTime"]
    db.c.update_one({"_id": 1}, {"$set": {"a": 1}})
    db.c.drop()
    db.c.insert_one({"_id": 1, "other": 1})
    stream = RawStream(db, stages=[{"$match": {"operationType": "update"}}], fullDocument="updateLookup",
                       matchCollectionUUIDForUpdateLookup=match_uuid,
                       startAtOperationTime=Timestamp(start.time, start.inc + 1))
    assert stream.one()["fullDocument"] == found


def test_required_images(db):
    db.create_collection("c")
    db.c.insert_one({"_id": 1})
    before = RawStream(db, "c", fullDocumentBeforeChange="required")
    after = RawStream(db, "c", fullDocument="required")
    maybe = RawStream(db, "c", fullDocument="whenAvailable", fullDocumentBeforeChange="whenAvailable")
    db.c.update_one({"_id": 1}, {"$set": {"a": 1}})
    for stream in (before, after):
        error = fails(stream)
        assert error.code == 47 and error.details["codeName"] == "NoMatchingDocument"
    event = maybe.one()
    assert event["fullDocument"] is None and event["fullDocumentBeforeChange"] is None


def test_resume_token_words(db):
    """mongo-kafka looks for these words where it does not know the code."""
    made_up = {"_data": "82000000010000000180000000000000"}
    error = refused(db, "c", resumeAfter=made_up)
    assert error.code == 280 and "resume token" in str(error) and "not found" in str(error)
    assert "NonResumableChangeStreamError" in error.details["errorLabels"]
    foreign = {"_data": "8265A1B2C3000000012B042C0100296E5A1004D148D6B22E8F49B3A65DAE80A468356646645F696400"
                        "64000000000000000000000004"}
    error = refused(db, "c", resumeAfter=foreign)
    assert error.code == 260 and "nvalid resume token" in str(error)


def test_get_more_errors(db):
    stream = RawStream(db, "c")
    with pytest.raises(OperationFailure) as error:
        db.command({"getMore": Int64(stream.id), "collection": "other"}, session=stream.session)
    assert error.value.code == 13
    stream.close()
    with pytest.raises(OperationFailure) as error:
        db.command({"getMore": Int64(12345), "collection": "c"})
    assert error.value.code == 43 and not error.value.details.get("errorLabels")


def test_pymongo_resumes_over_a_killed_cursor(client, db):
    with db.c.watch() as stream:
        db.c.insert_one({"_id": 1})
        assert stream.next()["documentKey"] == {"_id": 1}
        client[db.name].command("killCursors", "c", cursors=[stream._cursor.cursor_id])
        db.c.insert_one({"_id": 2})
        assert stream.next()["documentKey"] == {"_id": 2}
