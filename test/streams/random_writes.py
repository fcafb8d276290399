# SPDX-License-Identifier: Apache-2.0
"""Random writes of every kind: all update operators, pipelines, bulk, definitions of data. One seed, one history."""
import random

from pymongo import DeleteOne, InsertOne, UpdateOne
from pymongo.errors import BulkWriteError, OperationFailure

COLLECTIONS = ["red", "green", "blue"]
NAMES = ["a", "b", "c"]


class RandomWrites:
    """Writes into one database. step() does one thing; what the server refuses was nothing."""

    def __init__(self, db, seed, ddl=True):
        self.db = db
        self.random = random.Random(seed)
        self.ddl = ddl
        self.done = 0

    def step(self):
        """True when it was acknowledged."""
        kinds = [self.insert] * 5 + [self.update] * 10 + [self.pipeline] * 4 + [self.replace] * 2 + [self.delete] * 2
        kinds += [self.find_and_modify, self.many, self.bulk]
        if self.ddl:
            kinds += [self.definitions]
        try:
            self.random.choice(kinds)()
            self.done += 1
            return True
        except (OperationFailure, BulkWriteError):
            return False

    # -- values -----------------------------------------------------------------------------------

    def coll(self):
        return self.db[self.random.choice(COLLECTIONS)]

    def key(self):
        return {"_id": self.random.randrange(8)}

    def value(self, depth=0):
        kind = self.random.randrange(7 if depth < 3 else 4)
        if kind < 2:
            return self.random.randrange(20)
        if kind == 2:
            return self.random.choice(["x", "y", "z" * self.random.randrange(40)])
        if kind == 3:
            return self.random.choice([None, True, 1.5])
        if kind == 4:
            return [self.value(depth + 1) for _ in range(self.random.randrange(5))]
        return {name: self.value(depth + 1) for name in self.random.sample(NAMES, self.random.randrange(1, 4))}

    def document(self):
        return {name: self.value() for name in self.random.sample(NAMES, self.random.randrange(1, 4))}

    def path(self):
        parts = [self.random.choice(NAMES)]
        while self.random.random() < 0.4:
            parts.append(self.random.choice([*NAMES, "0", "1", "4"]))
        return ".".join(parts)

    # -- writes -----------------------------------------------------------------------------------

    def insert(self):
        if self.random.random() < 0.3:
            self.coll().insert_many([self.document() for _ in range(3)])
        else:
            self.coll().insert_one({**self.key(), **self.document()})

    def operators(self):
        pick = self.random.choice
        one = self.path
        number = self.random.randrange(-3, 4)
        each = {"$each": [self.value(2) for _ in range(self.random.randrange(3))]}
        return pick([
            lambda: {"$set": {one(): self.value()}},
            lambda: {"$set": {one(): self.value()}, "$unset": {one(): 1}},
            lambda: {"$unset": {one(): 1}},
            lambda: {"$inc": {one(): number}},
            lambda: {"$mul": {one(): number}},
            lambda: {"$min": {one(): self.value()}, "$max": {one(): number}},
            lambda: {"$rename": {one(): pick(NAMES)}},
            lambda: {"$currentDate": {one(): True}},
            lambda: {"$setOnInsert": {one(): 1}, "$set": {one(): 2}},
            lambda: {"$push": {one(): self.value(2)}},
            lambda: {"$push": {one(): each}},
            lambda: {"$push": {one(): {**each, "$position": self.random.randrange(3)}}},
            lambda: {"$push": {one(): {**each, "$slice": pick([-2, 2, 0])}}},
            lambda: {"$push": {one(): {**each, "$sort": pick([1, -1])}}},
            lambda: {"$addToSet": {one(): self.value(3)}},
            lambda: {"$addToSet": {one(): {"$each": [1, 2, "x"]}}},
            lambda: {"$pull": {one(): {"$lt": 8}}},
            lambda: {"$pull": {one(): self.value(3)}},
            lambda: {"$pullAll": {one(): [1, 2, 3, "x"]}},
            lambda: {"$pop": {one(): pick([1, -1])}},
            lambda: {"$bit": {one(): {pick(["and", "or", "xor"]): 5}}},
        ])()

    def update(self):
        upsert = self.random.random() < 0.3
        how = self.random.randrange(5)
        name = self.random.choice(NAMES)
        if how == 0:
            self.coll().update_one({**self.key(), name: {"$gte": 3}}, {"$set": {f"{name}.$": self.value(2)}})
        elif how == 1:
            self.coll().update_one(self.key(), {"$set": {f"{name}.$[]": self.value(3)}})
        elif how == 2:
            self.coll().update_one(self.key(), {"$inc": {f"{name}.$[i]": 1}}, array_filters=[{"i": {"$gte": 3}}])
        else:
            self.coll().update_one(self.key(), self.operators(), upsert=upsert)

    def pipeline(self):
        name, other = self.random.choice(NAMES), self.random.choice(NAMES)
        array = {"$cond": [{"$isArray": f"${name}"}, f"${name}", [1, 2]]}
        stages = self.random.choice([
            [{"$set": {name: self.value()}}],
            [{"$set": {f"{name}.{other}": f"${other}"}}],
            [{"$unset": [name]}],
            [{"$unset": [f"{name}.{other}"]}, {"$set": {other: {"$ifNull": [f"${name}", 0]}}}],
            [{"$set": {name: {"$slice": [array, 1]}}}],
            [{"$set": {name: {"$concatArrays": [array, [self.random.randrange(9)]]}}}],
            [{"$set": {name: {"$reverseArray": array}}}],
            [{"$replaceWith": {"$mergeObjects": ["$$ROOT", {"$literal": self.document()}]}}],
            [{"$replaceWith": {"_id": "$_id", name: f"${name}"}}],
        ])
        self.coll().update_one(self.key(), stages, upsert=self.random.random() < 0.2)

    def replace(self):
        self.coll().replace_one(self.key(), self.document(), upsert=self.random.random() < 0.3)

    def delete(self):
        if self.random.random() < 0.2:
            self.coll().delete_many({"_id": {"$gte": self.random.randrange(8)}})
        else:
            self.coll().delete_one(self.key())

    def find_and_modify(self):
        how = self.random.randrange(3)
        if how == 0:
            self.coll().find_one_and_update(self.key(), self.operators(), upsert=True)
        elif how == 1:
            self.coll().find_one_and_replace(self.key(), self.document())
        else:
            self.coll().find_one_and_delete(self.key())

    def many(self):
        self.coll().update_many({"_id": {"$lt": self.random.randrange(8)}}, {"$set": {self.random.choice(NAMES): self.value()}})

    def bulk(self):
        self.coll().bulk_write([InsertOne(self.document()), UpdateOne(self.key(), self.operators()), DeleteOne(self.key()),
                                UpdateOne(self.key(), {"$set": {"a": 1}}, upsert=True)], ordered=self.random.random() < 0.5)

    def definitions(self):
        name, other = self.random.choice(COLLECTIONS), self.random.choice(COLLECTIONS)
        self.random.choice([
            lambda: self.db.command("create", name),
            lambda: self.db[name].drop(),
            lambda: self.db[name].rename(other),
            lambda: self.db[name].rename(other, dropTarget=True),
            lambda: self.db[name].create_index(self.random.choice(NAMES)),
            lambda: self.db[name].drop_indexes(),
            lambda: self.db.command("collMod", name),
            lambda: self.db.command("create", "view", viewOn=name, pipeline=[]),
            lambda: self.db["view"].drop(),
            lambda: self.db.client.drop_database(self.db.name) if self.random.random() < 0.3 else None,
        ])()
