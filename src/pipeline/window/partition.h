// SPDX-License-Identifier: Apache-2.0
// The documents of one partition of $setWindowFields, in sort order, and what expressions make of
// them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bson/value.h"
#include "pipeline/kept_metadata.h"
#include "pipeline/spill/document_list.h"
#include "query/expression/expression.h"

namespace freshet {
class Operation;
}

namespace freshet::pipeline {

/// Not thread-safe.
class Partition {
 public:
  /// `slots`: how many variables the stage's expressions need. `sort_path` is the one field of
  /// sortBy, or empty.
  Partition(const query::QueryContext& context, std::size_t slots, std::string_view sort_path,
            const SpillPolicy& policy);

  /// In sort order; equal sort keys make peers. `held` is a document with what is known of it, as
  /// KeptMetadata packs them.
  void add(bson::View held, std::string_view sort_key);
  void clear();

  std::size_t size() const { return documents_.size(); }
  /// Lives until the next call of any method.
  bson::View document(std::size_t index);
  /// An evaluation on that document; borrowed values live until the next call of any method.
  query::EvalContext& on(std::size_t index);
  /// The expression's value there, owned.
  bson::Value evaluate(const query::Expression& expression, std::size_t index) {
    return expression.evaluate(on(index)).owned();
  }
  /// The value of the one field of sortBy, owned.
  bson::Value sort_value(std::size_t index);
  /// Counts different sort keys from 0.
  std::uint32_t rank_group(std::size_t index) const { return groups_[index]; }
  const query::QueryContext& query() const { return context_; }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  const query::QueryContext& context_;
  const KeptMetadata kept_;
  const std::string sort_path_;
  DocumentList documents_;
  std::vector<std::uint32_t> groups_;
  std::string last_key_;
  query::EvalContext evaluation_;
  std::string buffer_;
  std::size_t current_ = kNone;  // which document evaluation_ is on
};

}  // namespace freshet::pipeline
