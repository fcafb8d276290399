// SPDX-License-Identifier: Apache-2.0
// The body of `$changeStream` as clients send it.
#pragma once

#include <cstdint>
#include <optional>

#include "bson/view.h"
#include "model/cluster_time.h"
#include "model/resume_token.h"

namespace freshet::stream {

/// What `fullDocument` of an update event shows.
enum class FullDocument : std::uint8_t {
  Default,        ///< nothing
  UpdateLookup,   ///< the document as it is now, null when gone
  WhenAvailable,  ///< the document right after the change, null when no image was kept
  Required,       ///< the same; error 47 when no image was kept
};

/// What `fullDocumentBeforeChange` of an update, replace or delete event shows.
enum class FullDocumentBeforeChange : std::uint8_t { Off, WhenAvailable, Required };

/// Parsed options. Regular. At most one of the three starting points is set.
struct StreamOptions {
  FullDocument full_document = FullDocument::Default;
  FullDocumentBeforeChange before_change = FullDocumentBeforeChange::Off;

  std::optional<model::ResumeToken> resume_after;
  std::optional<model::ResumeToken> start_after;
  std::optional<model::ClusterTime> start_at_operation_time;

  bool all_changes_for_cluster = false;
  bool show_expanded_events = false;
  bool show_system_events = false;            ///< events of system.* collections too
  bool show_raw_update_description = false;   ///< the log's delta instead of updateDescription
  bool show_migration_events = false;         ///< there are no migrations: nothing to show
  bool match_uuid_for_update_lookup = false;  ///< lookups ignore a collection of the same name
  bool show_errors_as_events = false;         ///< a failure becomes an event, the stream goes on
  bool ignore_removed_shards = false;         ///< there are no shards: nothing to ignore
  bool allow_system_namespace = false;        ///< a system.* collection may be watched

  /// Throws Location50808 when `body` is no document, Location40415 for an unknown field,
  /// TypeMismatch (14), BadValue (2) for an unknown mode, Location40674 for two starting points,
  /// InvalidResumeToken (260) when resumeAfter holds the token of an invalidate event, and what
  /// ResumeToken::parse throws. Null counts as absent.
  static StreamOptions parse(bson::ValueView body);

  /// The token to go on after, whichever option gave it.
  const std::optional<model::ResumeToken>& token() const {
    return resume_after ? resume_after : start_after;
  }
  /// True when events need more than their log entry.
  bool needs_lookup() const { return full_document == FullDocument::UpdateLookup; }
};

}  // namespace freshet::stream
