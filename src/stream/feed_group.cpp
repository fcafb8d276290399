// SPDX-License-Identifier: Apache-2.0
#include "stream/feed_group.h"

#include <exception>

#include "bson/compare.h"

namespace freshet::stream {
namespace {

void append(const std::vector<Feed*>& feeds, std::vector<Feed*>& out) {
  out.insert(out.end(), feeds.begin(), feeds.end());
}

}  // namespace

void FeedGroup::add(Feed& feed) {
  const Definition& definition = *feed.definition();
  if (!definition.anchors()) {
    rest_.push_back(&feed);
    return;
  }
  anchored_.push_back(&feed);
  if (definition.imaged_kinds() != 0) imaged_.push_back(&feed);
  for (const Anchor& anchor : *definition.anchors())
    paths_.try_emplace(anchor.path, anchor.path)
        .first->second.by_hash[anchor.hash]
        .push_back(&feed);
}

void FeedGroup::remove(Feed& feed) {
  const Definition& definition = *feed.definition();
  if (!definition.anchors()) {
    std::erase(rest_, &feed);
    return;
  }
  std::erase(anchored_, &feed);
  if (definition.imaged_kinds() != 0) std::erase(imaged_, &feed);
  for (const Anchor& anchor : *definition.anchors()) {
    const auto path = paths_.find(anchor.path);
    if (path == paths_.end()) continue;  // the same anchor stood there twice
    const auto feeds = path->second.by_hash.find(anchor.hash);
    if (feeds == path->second.by_hash.end()) continue;
    std::erase(feeds->second, &feed);
    if (feeds->second.empty()) path->second.by_hash.erase(feeds);
    if (path->second.by_hash.empty()) paths_.erase(path);
  }
}

void FeedGroup::find(const Change& change, EventCache& events, Feeds& out) const {
  append(rest_, out);
  if (anchored_.empty()) return;
  if (!is_document_change(change.kind)) return append(anchored_, out);
  for (Feed* feed : imaged_) {
    if ((feed->definition()->imaged_kinds() & bit_of(change.kind)) != 0) out.push_back(feed);
  }
  const std::size_t before = out.size();
  try {
    find_anchored(change, events, out);
  } catch (const std::exception&) {
    out.resize(before);
    append(anchored_, out);  // no event can be made of it: whoever owns a stream will tell
  }
}

void FeedGroup::find_anchored(const Change& change, EventCache& events, Feeds& out) const {
  for (const auto& named : paths_) {
    const ByPath& entry = named.second;
    bson::View event;
    if (!entry.path.reads_entry()) {
      if (change.op.document.size_bytes() > kJudgedEntryBytesMax) {
        append(anchored_, out);
        return;
      }
      event = bson::View(events.event(change, {.show_expanded_events = true}));
    }
    entry.path.visit(change, event, [&](bson::ValueView value) {
      const auto found = entry.by_hash.find(bson::hash(value));
      if (found != entry.by_hash.end()) append(found->second, out);
    });
  }
}

}  // namespace freshet::stream
