// SPDX-License-Identifier: Apache-2.0
// Follows a collection through failures, each event once: node resume.mjs URI COUNT
import { MongoClient, MongoError } from "mongodb";

const [uri, count] = process.argv.slice(2);
const client = new MongoClient(uri, { serverSelectionTimeoutMS: 30000 });
const collection = client.db("myDatabase").collection("myCollection");
let token;
for (let left = Number(count); left > 0; ) {
  const stream = collection.watch([], { resumeAfter: token, maxAwaitTimeMS: 500 });
  try {
    await stream.tryNext().then((change) => change && handle(change));
    token ??= stream.resumeToken;
    console.log("watching");
    while (left > 0) handle(await stream.next());
  } catch (error) {
    if (!(error instanceof MongoError)) throw error;
    console.error(`reopening after ${error.name}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  } finally {
    await stream.close().catch(() => {});
  }

  function handle(change) {
    console.log(JSON.stringify(change.documentKey));
    token = change._id;
    left--;
  }
}
await client.close();
