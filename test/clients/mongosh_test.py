# SPDX-License-Identifier: Apache-2.0
"""The everyday commands of mongosh, in one script: each line says what came of one of them."""
import json

from conftest import TOOLS

SCRIPT = r"""
const shop = db.getSiblingDB("shop");
const say = (name, value) => print(name + " " + EJSON.stringify(value, {relaxed: true}));
shop.orders.insertMany([{_id: 1, n: 1}, {_id: 2, n: 2}, {_id: 3, n: 3}]);
shop.orders.createIndex({n: 1});
say("dbs", db.adminCommand({listDatabases: 1, nameOnly: true}).databases.map(d => d.name).includes("shop"));
say("collections", shop.getCollectionNames());
say("count", [shop.orders.countDocuments({n: {$gt: 1}}), shop.orders.estimatedDocumentCount()]);
const stats = shop.orders.stats();
say("stats", [stats.ns, stats.count, stats.nindexes, stats.capped, Object.keys(stats.indexSizes)]);
say("dbStats", [shop.stats().collections, shop.stats().objects]);
say("explain", shop.orders.find({n: 2}).explain().queryPlanner.namespace);
say("indexes", shop.orders.getIndexes().map(i => i.name));
say("currentOp", Array.isArray(db.getSiblingDB("admin").currentOp().inprog));
say("hostInfo", db.hostInfo().ok);
say("serverStatus", db.serverStatus().process);
say("cmdLine", db.serverCmdLineOpts().ok);
say("version", db.version().startsWith("8.0"));
say("rs", [rs.status().members.length, rs.conf().members.length]);
say("log", [show("logs").length > 0, db.adminCommand({getLog: "global"}).log.length > 0]);
say("profile", shop.getProfilingStatus().was);
shop.setProfilingLevel(2);
shop.orders.findOne({n: 1});
shop.setProfilingLevel(0);
say("profiled", shop.system.profile.countDocuments({op: "query"}));
say("hide", shop.orders.hideIndex("n_1").ok);
say("validate", shop.orders.validate().valid);
say("update", shop.orders.updateOne({_id: 1}, {$set: {n: 9}}).modifiedCount);
say("bulk", shop.orders.bulkWrite([{insertOne: {document: {_id: 4}}}, {deleteOne: {filter: {_id: 4}}}]).insertedCount);
say("findAndModify", shop.orders.findOneAndUpdate({_id: 2}, {$inc: {n: 1}}, {returnDocument: "after"}).n);
say("capped", shop.orders.convertToCapped(4096).ok);
say("isCapped", shop.orders.isCapped());
say("commands", db.adminCommand({listCommands: 1}).commands.find.adminOnly);
say("kill", db.killOp(123456).ok);
say("drop", [shop.orders.drop(), shop.orders.drop()]);
say("dropDatabase", shop.dropDatabase().ok);
function show(what) { return db.adminCommand({getLog: "*"}).names; }
"""

EXPECTED = {
    "dbs": True, "collections": ["orders"], "count": [2, 3], "stats": ["shop.orders", 3, 2, False, ["_id_", "n_1"]],
    "dbStats": [1, 3], "explain": "shop.orders", "indexes": ["_id_", "n_1"], "currentOp": True, "hostInfo": 1,
    "serverStatus": "mongod", "cmdLine": 1, "version": True, "rs": [1, 1], "log": [True, True], "profile": 0,
    "profiled": 1, "hide": 1, "validate": True, "update": 1, "bulk": 1, "findAndModify": 3, "capped": 1, "isCapped": True,
    "commands": False, "kill": 1, "drop": [True, True], "dropDatabase": 1,
}


def test_everyday_commands(server, start, tmp_path):
    script = tmp_path / "everyday.js"
    script.write_text(SCRIPT)
    program = start(TOOLS / "node" / "node_modules" / ".bin" / "mongosh", server.uri, "--quiet", "--norc", "--file", script)
    said = dict(line.split(" ", 1) for line in program.rest(120) if " " in line)
    assert {name: json.loads(value) for name, value in said.items() if name in EXPECTED} == EXPECTED
