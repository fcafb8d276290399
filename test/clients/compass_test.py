# SPDX-License-Identifier: Apache-2.0
"""What Compass sends when it connects and browses, replayed with PyMongo: the fields it reads must be there."""
import datetime

import pymongo
import pytest


@pytest.fixture
def client(server):
    with pymongo.MongoClient(server.uri) as connected:
        shop = connected.shop
        shop.orders.insert_many([{"_id": i, "total": i * 10, "at": datetime.datetime(2026, 1, 1)} for i in range(20)])
        shop.orders.create_index("total")
        shop.command({"create": "large", "viewOn": "orders", "pipeline": [{"$match": {"total": {"$gt": 100}}}]})
        yield connected


def refused(run, *arguments):
    with pytest.raises(pymongo.errors.OperationFailure) as caught:
        run(*arguments)
    return caught.value


def test_connecting(client):
    admin = client.admin
    status = admin.command({"connectionStatus": 1, "showPrivileges": True})["authInfo"]
    assert {"authenticatedUsers", "authenticatedUserRoles", "authenticatedUserPrivileges"} <= set(status)
    host = admin.command("hostInfo")
    assert {"name", "type", "version"} <= set(host["os"])
    assert {"cpuArch", "memSizeMB", "numCores"} <= set(host["system"])
    assert {"versionString", "cpuFrequencyMHz"} <= set(host["extra"])
    build = admin.command("buildInfo")
    assert build["version"].startswith("8.0.") and build["modules"] == [] and "gitVersion" in build
    fcv = admin.command({"getParameter": 1, "featureCompatibilityVersion": 1})["featureCompatibilityVersion"]
    assert fcv["version"] == "8.0"
    assert refused(admin.command, "atlasVersion").code == 59
    assert "documentdb_api" not in refused(admin.command, {"getParameter": "foo"}).details["errmsg"]
    assert admin.atlascli.count_documents({}) == 0


def test_the_list_of_databases(client):
    shop = next(d for d in client.admin.command("listDatabases")["databases"] if d["name"] == "shop")
    assert set(shop) == {"name", "sizeOnDisk", "empty"} and shop["empty"] is False
    stats = client.shop.command("dbStats")
    assert (stats["collections"], stats["views"], stats["objects"], stats["indexes"]) == (1, 1, 20, 2)
    assert all(stats[name] >= 0 for name in ("storageSize", "dataSize", "indexSize"))


def test_the_list_of_collections(client):
    listed = {c["name"]: c for c in client.shop.command("listCollections")["cursor"]["firstBatch"]}
    assert listed["orders"]["type"] == "collection" and listed["large"]["type"] == "view"
    assert listed["orders"]["idIndex"]["key"] == {"_id": 1} and listed["large"]["info"]["readOnly"] is True
    [stats] = client.shop.orders.aggregate([
        {"$collStats": {"storageStats": {}}},
        {"$group": {"_id": None, "capped": {"$first": "$storageStats.capped"}, "count": {"$sum": "$storageStats.count"},
                    "size": {"$sum": {"$toDouble": "$storageStats.size"}},
                    "storageSize": {"$sum": {"$add": ["$storageStats.totalIndexSize", "$storageStats.storageSize"]}},
                    "freeStorageSize": {"$sum": "$storageStats.freeStorageSize"},
                    "nindexes": {"$max": "$storageStats.nindexes"}}},
        {"$addFields": {"avgObjSize": {"$cond": {"if": {"$gt": ["$count", 0]}, "then": {"$divide": ["$size", "$count"]},
                                                 "else": 0}}}}])
    assert (stats["capped"], stats["count"], stats["nindexes"]) == (False, 20, 2) and stats["avgObjSize"] > 0
    view = refused(lambda: list(client.shop.large.aggregate([{"$collStats": {"storageStats": {}}}])))
    assert "is a view, not a collection" in view.details["errmsg"]


def test_the_indexes_tab(client):
    names = [index["name"] for index in client.shop.orders.list_indexes()]
    assert names == ["_id_", "total_1"]
    used = {index["name"]: index for index in client.shop.orders.aggregate([{"$indexStats": {}}])}
    assert all({"name", "key", "accesses", "host"} <= set(index) for index in used.values())
    assert set(used["_id_"]["accesses"]) == {"ops", "since"}
    sizes = list(client.shop.orders.aggregate([
        {"$collStats": {"storageStats": {}}},
        {"$project": {"indexSizes": {"$objectToArray": "$storageStats.indexSizes"}}},
        {"$unwind": "$indexSizes"},
        {"$group": {"_id": "$indexSizes.k", "size": {"$sum": "$indexSizes.v"}}}]))
    assert {size["_id"] for size in sizes} == {"_id_", "total_1"}
    building = client.admin.aggregate([{"$currentOp": {"allUsers": True, "localOps": True}},
                                       {"$match": {"command.createIndexes": {"$exists": True}}}])
    assert list(building) == []


def test_browsing(client):
    orders = client.shop.orders
    assert len(list(orders.find({"total": {"$gte": 50}}).sort("total", -1).limit(5).max_time_ms(60000))) == 5
    [count] = orders.aggregate([{"$match": {}}, {"$count": "count"}], maxTimeMS=5000)
    assert count == {"count": 20}
    assert len(list(orders.aggregate([{"$sample": {"size": 10}}], allowDiskUse=True))) == 10
    plan = client.shop.command({"explain": {"find": "orders", "filter": {"total": 50}}, "verbosity": "executionStats"})
    assert {"namespace", "parsedQuery", "winningPlan"} <= set(plan["queryPlanner"])
    assert {"nReturned", "executionTimeMillis", "totalKeysExamined", "totalDocsExamined",
            "executionStages"} <= set(plan["executionStats"])
    client.shop.command({"collMod": "orders", "validator": {"total": {"$gte": 0}}, "validationLevel": "moderate"})
    assert orders.options()["validator"] == {"total": {"$gte": 0}}


def test_the_performance_tab(client):
    status = client.admin.command("serverStatus")
    assert {"insert", "query", "update", "delete", "command", "getmore"} <= set(status["opcounters"])
    assert {"readers", "writers"} <= set(status["globalLock"]["activeClients"])
    assert {"readers", "writers"} <= set(status["globalLock"]["currentQueue"])
    assert {"bytesIn", "bytesOut"} <= set(status["network"]) and "current" in status["connections"]
    assert {"virtual", "resident"} <= set(status["mem"]) and "localTime" in status
    used = client.admin.command("top")["totals"]["shop.orders"]
    assert all(set(used[name]) == {"time", "count"} for name in ("total", "readLock", "writeLock"))
    [own] = client.admin.aggregate([{"$currentOp": {"allUsers": True}}, {"$match": {"command.aggregate": 1}}])
    assert {"ns", "op", "opid", "microsecs_running", "active", "waitingForLock", "client", "command"} <= set(own)
