// SPDX-License-Identifier: Apache-2.0
// Two sorted sources, `base` (the snapshot) and `own` (the writes). Between calls:
//   * current_ says which of the two the scan stands on, or that it is at its end;
//   * when both stand on the same key, own counts, and a step moves both;
//   * an own erase is stepped over together with the base key it hides;
//   * own_ is an iterator of the write set's map, void once its generation has moved on: then the
//     next call finds its place again from the current key.
#include "storage/commit/merged_scan.h"

#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

namespace freshet::commit {
namespace {

using storage::Direction;
using storage::KeyRange;
using storage::Scan;

class MergedScan final : public Scan {
 public:
  MergedScan(std::unique_ptr<Scan> base, const WriteSet& writes, Space space, KeyRange range,
             Direction direction)
      : base_(std::move(base)),
        writes_(writes),
        space_(space),
        range_(std::move(range)),
        direction_(direction) {
    own_from_start();
    settle();
  }

  bool valid() const override { return current_ != Current::End; }
  std::string_view key() const override {
    return current_ == Current::Own ? std::string_view(own_->first) : base_->key();
  }
  std::string_view value() const override {
    return current_ == Current::Own ? std::string_view(*own_->second.value) : base_->value();
  }

  void next() override {
    if (generation_ != writes_.generation()) {
      step_after_writes();
      return;
    }
    if (current_ == Current::Own) {
      if (base_->valid() && base_->key() == own_->first) base_->next();
      own_next();
    } else {
      base_->next();
    }
    settle();
  }

  void seek(std::string_view key) override {
    const std::string target(key);  // `key` may be our own
    base_->seek(target);
    own_seek(target, true);
    settle();
  }

 private:
  enum class Current : std::uint8_t { End, Base, Own };

  bool forward() const { return direction_ == Direction::Forward; }

  bool in_range(const std::string& key) const {
    return key >= range_.begin && (range_.end.empty() || key < range_.end);
  }

  // The write set moved on while we stood on a key: go on behind that key, wherever it is now.
  void step_after_writes() {
    const std::string at = place_;
    if (current_ == Current::Own) {
      base_->seek(at);
      if (base_->valid() && base_->key() == at) base_->next();
    } else {
      base_->next();
    }
    own_seek(at, false);
    settle();
  }

  void own_from_start() {
    if (forward()) {
      own_seek(range_.begin, true);
    } else if (range_.end.empty()) {
      own_at_end();
    } else {
      own_seek(range_.end, false);
    }
  }

  void own_at_end() {
    attach();
    if (map_ == nullptr || map_->empty()) return;
    own_ = std::prev(map_->end());
    has_own_ = in_range(own_->first);
  }

  void attach() {
    generation_ = writes_.generation();
    map_ = writes_.writes_of(space_);
    has_own_ = false;
  }

  // First write at `key` (when `inclusive`) or behind it, in our direction and within the range.
  void own_seek(const std::string& key, bool inclusive) {
    attach();
    if (map_ == nullptr) return;
    if (forward()) {
      const std::string& from = key < range_.begin ? range_.begin : key;
      const bool at_from = inclusive || key < range_.begin;
      own_ = at_from ? map_->lower_bound(from) : map_->upper_bound(from);
      has_own_ = own_ != map_->end() && in_range(own_->first);
      return;
    }
    const bool beyond = !range_.end.empty() && key >= range_.end;
    const std::string& from = beyond ? range_.end : key;
    own_ = inclusive && !beyond ? map_->upper_bound(from) : map_->lower_bound(from);
    if (own_ == map_->begin()) return;
    --own_;
    has_own_ = in_range(own_->first);
  }

  void own_next() {
    if (forward()) {
      ++own_;
      has_own_ = own_ != map_->end() && in_range(own_->first);
    } else if (own_ == map_->begin()) {
      has_own_ = false;
    } else {
      --own_;
      has_own_ = in_range(own_->first);
    }
  }

  // Chooses which source the scan stands on, stepping over what own erases hide.
  void settle() {
    for (;;) {
      if (!has_own_) {
        current_ = base_->valid() ? Current::Base : Current::End;
        break;
      }
      const int order = base_->valid() ? base_->key().compare(own_->first) : (forward() ? 1 : -1);
      if (forward() ? order < 0 : order > 0) {
        current_ = Current::Base;
        break;
      }
      if (own_->second.value) {
        current_ = Current::Own;
        break;
      }
      if (order == 0) base_->next();
      own_next();
    }
    if (current_ != Current::End) place_.assign(key());
  }

  std::unique_ptr<Scan> base_;
  const WriteSet& writes_;
  Space space_;
  KeyRange range_;
  Direction direction_;
  Current current_ = Current::End;
  std::string place_;  // the current key: own_ may be void when it is needed
  const SpaceWrites* map_ = nullptr;
  SpaceWrites::const_iterator own_;
  bool has_own_ = false;
  std::uint64_t generation_ = 0;
};

}  // namespace

std::unique_ptr<Scan> merged_scan(std::unique_ptr<Scan> base, const WriteSet& writes, Space space,
                                  KeyRange range, Direction direction) {
  return std::make_unique<MergedScan>(std::move(base), writes, space, std::move(range), direction);
}

}  // namespace freshet::commit
