// SPDX-License-Identifier: Apache-2.0
// A place in a change stream, as clients keep it: `{_data: "82…"}`. The bytes are described in
// docs/formats/resume-token.md; their order, and that of the upper-case hexadecimal text, is stream
// order.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "bson/builder.h"
#include "bson/view.h"
#include "model/cluster_time.h"

namespace freshet::model {

/// Regular; operator<=> is the order of events in the stream.
struct ResumeToken {
  /// Stored and sent: never renumber. A high-water mark sorts before every event of its time.
  enum class Kind : std::uint8_t { HighWaterMark = 0x00, Event = 0x80 };

  ClusterTime time;
  Kind kind = Kind::HighWaterMark;
  std::uint8_t log_id = 0;                ///< which log; there is one today
  std::uint32_t index = 0;                ///< which event of the entry (transactions have many)
  bool from_invalidate = false;           ///< the invalidate event that follows that event
  std::optional<std::uint16_t> fragment;  ///< which part, when the event was split

  static ResumeToken high_water_mark(ClusterTime time) { return {.time = time}; }
  static ResumeToken event(ClusterTime time, std::uint32_t index = 0) {
    return {.time = time, .kind = Kind::Event, .index = index};
  }

  bool is_high_water_mark() const { return kind == Kind::HighWaterMark; }

  /// The token's bytes.
  std::string bytes() const;
  /// Their upper-case hexadecimal, the value of `_data`.
  std::string data() const;
  /// Appends `name: {_data: …}`.
  void append_to(bson::Builder& out, std::string_view name) const;
  /// The document `{_data: …}`.
  std::string document() const;
  /// Is `token` that document, and nothing more?
  bool is_written_in(bson::View token) const;

  /// Reads `{_data: …}`. Throws Location40647 when `_data` is missing or of the wrong type,
  /// FailedToParse (9) when it is not hexadecimal, Location50810/50811 when it is cut short or not
  /// a token at all, InvalidResumeToken (260) when it is a token of another server.
  static ResumeToken parse(bson::View token);

  auto operator<=>(const ResumeToken&) const = default;
};

}  // namespace freshet::model
