// SPDX-License-Identifier: Apache-2.0
// Collations through ICU.
#pragma once

#include <memory>
#include <string>

#include "bson/compare.h"
#include "bson/view.h"

namespace freshet::query {

/// A string order with its normalised specification. Immutable, thread-safe.
class Collation : public bson::StringOrder {
 public:
  /// The full specification with every default filled in, as listCollections and listIndexes report
  /// it.
  virtual bson::View spec() const = 0;
};

/// nullptr for {locale: "simple"} and for an empty document. Throws BadValue/FailedToParse for
/// anything MongoDB refuses.
std::unique_ptr<Collation> parse_collation(bson::View spec);

}  // namespace freshet::query
