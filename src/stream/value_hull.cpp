// SPDX-License-Identifier: Apache-2.0
#include "stream/value_hull.h"

#include <algorithm>

#include "bson/key.h"
#include "stream/key_range.h"

namespace freshet::stream {

void ValueHulls::add(bson::ValueView value) {
  if (!is_ranged(value.type())) return;
  key_.clear();
  bson::append_key(key_, value);
  const bson::key_bytes::Byte bracket = bson::key_bytes::bracket_of(value.type()).begin;
  Hull* const last = hulls_.data() + count_;
  Hull* const hull = std::find_if(hulls_.data(), last,
                                  [bracket](const Hull& one) { return one.bracket == bracket; });
  if (hull == last) {
    ++count_;
    *hull = {bracket, key_, key_};
  } else if (key_ < hull->low) {
    hull->low = key_;
  } else if (hull->high < key_) {
    hull->high = key_;
  }
}

}  // namespace freshet::stream
