// SPDX-License-Identifier: Apache-2.0
// How safe a write must be before it is acknowledged: the `writeConcern` of a command.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bson/builder.h"
#include "bson/view.h"

namespace freshet::model {

struct WriteConcern {
  enum class Provenance : std::uint8_t {
    ImplicitDefault,  ///< the command had none
    ClientSupplied,
    CustomDefault,
    GetLastErrorDefaults,
    InternalWriteDefault,
  };

  static constexpr std::string_view kMajority = "majority";

  std::string w_mode =
      std::string(kMajority);  ///< "majority" or a mode's name; empty when `w` is a number
  std::int64_t w_number = 0;   ///< counts when w_mode is empty
  bool j = false;
  bool j_given = false;
  std::int64_t w_timeout_ms = 0;  ///< 0: no limit
  Provenance provenance = Provenance::ImplicitDefault;

  /// Reads `{w, j, wtimeout, fsync, provenance}`; all optional, w defaults to 1 beside other fields
  /// and to majority when the document is empty. Throws TypeMismatch (14), FailedToParse (9),
  /// InvalidOptions (72).
  static WriteConcern parse(bson::ValueView value);

  bool is_majority() const { return w_mode == kMajority; }
  /// w: 0, and no journal asked for: the client does not want to know.
  bool unacknowledged() const { return w_mode.empty() && w_number == 0 && !j; }
  /// The client waits until the write is durable (majority, or j).
  bool wants_durable() const { return is_majority() || j; }

  /// Appends `{w, j?, wtimeout, provenance}` as errInfo.writeConcern shows it.
  void append_to(bson::Builder& out, std::string_view name) const;

  bool operator==(const WriteConcern&) const = default;
};

std::string_view to_string(WriteConcern::Provenance provenance);

}  // namespace freshet::model
