// SPDX-License-Identifier: Apache-2.0
// Prints change events: node watch.mjs URI collection|database|cluster COUNT
import { MongoClient, BSON } from "mongodb";

const [uri, level, count] = process.argv.slice(2);
const client = new MongoClient(uri);
await client.connect();
const db = client.db("myDatabase");
const target = level === "cluster" ? client : level === "database" ? db : db.collection("myCollection");
const stream = target.watch([{ $match: { operationType: { $in: ["insert", "update", "delete"] } } }], {
  fullDocument: "updateLookup",
});
await stream.tryNext(); // opens the stream on the server
console.log("watching");
for (let left = Number(count); left > 0; left--) console.log(BSON.EJSON.stringify(await stream.next()));
await stream.close();
await client.close();
