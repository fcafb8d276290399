// SPDX-License-Identifier: Apache-2.0
// Mongoose against a server: models, indexes, validation, unique errors, populate, upserts, streams.
// Usage: node mongoose.mjs URI. Ends with "done"; throws at the first thing that is not as it should be.
import assert from "node:assert/strict";
import mongoose from "mongoose";

await mongoose.connect(process.argv[2], { dbName: "shop" });

const Author = mongoose.model("Author", new mongoose.Schema(
  { name: { type: String, required: true, minlength: 2 }, email: { type: String, unique: true }, born: Date },
  { timestamps: true }));
const Book = mongoose.model("Book", new mongoose.Schema(
  { title: { type: String, index: true }, author: { type: mongoose.Schema.Types.ObjectId, ref: "Author" },
    tags: [String], price: mongoose.Schema.Types.Decimal128 }));
await Author.init();
await Book.init();
assert.deepEqual(Object.keys(await Author.collection.indexInformation()).sort(), ["_id_", "email_1"]);

const ann = await Author.create({ name: "Ann", email: "ann@example.org", born: new Date("1970-01-01") });
assert.ok(ann.createdAt instanceof Date);
await assert.rejects(Author.create({ name: "A" }), { name: "ValidationError" });
await assert.rejects(Author.create({ name: "Bob", email: "ann@example.org" }),
  (error) => error.code === 11000 && error.keyPattern.email === 1);

await Book.insertMany([
  { title: "One", author: ann._id, tags: ["a", "b"], price: "9.99" },
  { title: "Two", author: ann._id, tags: ["b"] },
]);
const [one] = await Book.find({ tags: "a" }).populate("author");
assert.equal(one.author.name, "Ann");
assert.equal(one.price.toString(), "9.99");
assert.equal(await Book.countDocuments({ tags: "b" }), 2);
assert.deepEqual((await Book.distinct("tags")).sort(), ["a", "b"]);

const upserted = await Author.findOneAndUpdate({ email: "new@example.org" }, { $set: { name: "New" } },
  { upsert: true, returnDocument: "after", setDefaultsOnInsert: true });
assert.equal(upserted.name, "New");
assert.equal((await Author.updateMany({}, { $set: { born: new Date(1) } })).modifiedCount, 2);
one.title = "First";
one.tags.push("c");
await one.save();
assert.equal((await Book.findById(one._id).lean()).tags.length, 3);
await assert.rejects(async () => {
  const stale = await Book.findById(one._id);
  await Book.updateOne({ _id: one._id }, { $set: { tags: [] }, $inc: { __v: 1 } });
  stale.tags.set(0, "z");
  stale.tags.splice(1, 1);
  await stale.save();
}, { name: "VersionError" });
const grouped = await Book.aggregate([{ $group: { _id: "$author", books: { $sum: 1 } } }]);
assert.equal(grouped[0].books, 2);

const { operationTime } = await mongoose.connection.db.command({ ping: 1 });
const stream = Book.watch([{ $match: { operationType: "insert" } }], { startAtOperationTime: operationTime });
const next = new Promise((resolve, reject) => stream.once("change", resolve).once("error", reject));
await Book.create({ title: "Three" });
assert.equal((await next).fullDocument.title, "Three");
await stream.close();

Book.schema.index({ price: 1 }, { sparse: true });
await Book.collection.createIndex({ leftover: 1 });
assert.deepEqual(await Book.syncIndexes(), ["leftover_1"]);
assert.deepEqual(Object.keys(await Book.collection.indexInformation()).sort(), ["_id_", "price_1", "title_1"]);

assert.equal((await Book.deleteMany({})).deletedCount, 3);
await mongoose.connection.dropDatabase();
await mongoose.disconnect();
console.log("done");
