// SPDX-License-Identifier: Apache-2.0
// mongosh URI --quiet --file watch.js
const collection = db.getSiblingDB("myDatabase").myCollection;
const stream = collection.watch([{ $match: { operationType: { $in: ["insert", "update", "delete"] } } }]);
stream.tryNext(); // opens the stream
collection.insertOne({ _id: 1, a: 1 });
collection.updateOne({ _id: 1 }, { $set: { a: 2 } });
collection.deleteOne({ _id: 1 });
for (let left = 3; left > 0; ) {
  const change = stream.tryNext();
  if (change === null) continue;
  print(change.operationType, EJSON.stringify(change.documentKey));
  left--;
}
stream.close();
