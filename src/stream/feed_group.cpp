// SPDX-License-Identifier: Apache-2.0
#include "stream/feed_group.h"

#include <algorithm>
#include <exception>

namespace freshet::stream {
namespace {

void append(const std::vector<Feed*>& feeds, std::vector<Feed*>& out) {
  out.insert(out.end(), feeds.begin(), feeds.end());
}

std::uint32_t document_kinds_of(const Feed& feed) {
  return feed.definition()->kinds() & kDocumentKinds;
}

}  // namespace

FeedGroup::Feeds& FeedGroup::list_of(const Feed& feed) {
  return feed.definition()->anchors() ? anchored_ : rest_;
}

void FeedGroup::add(Feed& feed) {
  const Definition& definition = *feed.definition();
  Feeds& list = list_of(feed);
  feed.slot = list.size();
  list.push_back(&feed);
  if (!definition.anchors()) return;
  if (definition.imaged_kinds() != 0) imaged_.push_back(&feed);
  Paths& paths = by_kinds_[document_kinds_of(feed)];
  const auto add = [&](const auto& anchor) {
    paths.try_emplace(anchor.path, anchor.path).first->second.add(anchor, &feed);
  };
  std::ranges::for_each(definition.anchors()->values, add);
  std::ranges::for_each(definition.anchors()->ranges, add);
}

void FeedGroup::remove(Feed& feed) {
  const Definition& definition = *feed.definition();
  Feeds& list = list_of(feed);
  list[feed.slot] = list.back();
  list[feed.slot]->slot = feed.slot;
  list.pop_back();
  if (!definition.anchors()) return;
  if (definition.imaged_kinds() != 0) std::erase(imaged_, &feed);
  const auto kinds = by_kinds_.find(document_kinds_of(feed));
  const auto forget_it = [&](const auto& anchor) { forget(kinds->second, anchor, feed); };
  std::ranges::for_each(definition.anchors()->values, forget_it);
  std::ranges::for_each(definition.anchors()->ranges, forget_it);
  if (kinds->second.empty()) by_kinds_.erase(kinds);
}

template <typename Anchor>
void FeedGroup::forget(Paths& paths, const Anchor& anchor, Feed& feed) {
  const auto path = paths.find(anchor.path);
  if (path == paths.end()) return;  // the same anchor stood there twice
  path->second.remove(anchor, &feed);
  if (path->second.empty()) paths.erase(path);
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
  for (const auto& [kinds, paths] : by_kinds_) {
    if ((kinds & bit_of(change.kind)) == 0) continue;
    for (const auto& named : paths) {
      const ValueIndex<Feed*>& index = named.second;
      bson::View event;
      if (!index.reads_entry()) {
        if (change.op.document.size_bytes() > kJudgedEntryBytesMax) {
          append(anchored_, out);
          return;
        }
        event = bson::View(events.event(change, {.show_expanded_events = true}));
      }
      index.find(change, event, [&out](Feed* feed) { out.push_back(feed); });
    }
  }
}

}  // namespace freshet::stream
