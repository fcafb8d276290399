// SPDX-License-Identifier: Apache-2.0
// Filters in a group, and writes to ask it about.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bson/json.h"
#include "oplog/entry.h"
#include "stream/feed_group.h"

namespace freshet::stream {

/// A stream on db.c with one $match. `filter` and `collation` are JSON.
inline DefinitionPtr define(const std::string& filter, const StreamOptions& options = {},
                            const std::string& collation = "{}") {
  const std::string stages =
      bson::from_json("{\"p\": [{\"$changeStream\": {}}, {\"$match\": " + filter + "}]}");
  const std::string order = bson::from_json(collation);
  return Definition::parse({.scope = Scope(Scope::Level::Collection, {"db", "c"}, false),
                            .options = options,
                            .stages = bson::View(stages)["p"].as_document(),
                            .collation = collation == "{}" ? bson::View() : bson::View(order)});
}

/// Feeds and the group that holds them.
struct Feeds {
  Feed& add(DefinitionPtr definition) {
    all.push_back(std::make_unique<Feed>(all.size(), std::move(definition), Position{}));
    group.add(*all.back());
    return *all.back();
  }
  std::vector<Feed*> find(const oplog::EntryView& entry) {
    EventCache events;
    std::vector<Feed*> found;
    ChangeReader changes(entry);
    while (const std::optional<Change> change = changes.next())
      group.find(*change, events, found);
    return found;
  }

  FeedGroup group;
  std::vector<std::unique_ptr<Feed>> all;
};

inline commit::PendingEntry insert_of(const std::string& document) {
  const std::string bytes = bson::from_json(document);
  return oplog::make_insert({}, {"db.c", model::Uuid{"0123456789abcdef"}}, bson::View(bytes));
}

inline std::size_t found_for(Feeds& feeds, const std::string& document) {
  const commit::PendingEntry entry = insert_of(document);
  return feeds.find(oplog::EntryView::parse(entry.bytes)).size();
}

}  // namespace freshet::stream
