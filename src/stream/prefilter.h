// SPDX-License-Identifier: Apache-2.0
// What the leading $match stages of a stream ask of operationType and namespace, in a form that is
// tested on the log entry before any event is built.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bson/view.h"
#include "stream/change.h"

namespace freshet::stream {

/// Passes everything until narrowed. Passing means "maybe"; failing is certain. Immutable once
/// built, thread-safe.
class Prefilter {
 public:
  /// Takes what it understands out of a filter under binary string comparison: equality and $in on
  /// operationType, ns, ns.db, ns.coll, also inside $and. The rest it leaves to the filter itself.
  void narrow(bson::View filter);

  bool admits(const Change& change) const;
  /// The kinds (bit_of) of the changes that it may admit.
  std::uint32_t kinds() const { return kinds_; }

 private:
  using Strings = std::vector<std::string>;
  void narrow_field(const bson::Element& condition);
  void narrow_kinds(const Strings& names);
  void narrow_namespaces(bson::ValueView condition);

  std::uint32_t kinds_ = kAllKinds;
  std::vector<Strings> databases_;    // each list must hold the name
  std::vector<Strings> collections_;  // the same
  std::vector<Strings> namespaces_;   // the same, "db.coll"
};

}  // namespace freshet::stream
