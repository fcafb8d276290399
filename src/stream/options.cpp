// SPDX-License-Identifier: Apache-2.0
#include "stream/options.h"

#include <string_view>

#include "base/error.h"

namespace freshet::stream {
namespace {

constexpr ErrorCode kSpecNotAnObject = location(50808);
constexpr ErrorCode kTwoStartingPoints = location(40674);

[[noreturn]] void raise_type(std::string_view field, std::string_view wanted, bson::ValueView got) {
  raise(ErrorCode::TypeMismatch, "expected {} in '$changeStream.{}', found {}", wanted, field,
        bson::type_alias(got.type()));
}

bool parse_bool(const bson::Element& element) {
  if (element.type() == bson::Type::Bool || element.is_number()) return element.truthy();
  raise_type(element.name(), "bool", element);
}

model::ResumeToken parse_token(const bson::Element& element) {
  if (!element.is_document()) raise_type(element.name(), "a resume token document", element);
  return model::ResumeToken::parse(element.as_document());
}

std::string_view parse_mode(const bson::Element& element) {
  if (!element.is_string()) raise_type(element.name(), "string", element);
  return element.as_string();
}

[[noreturn]] void raise_mode(const bson::Element& element) {
  raise(ErrorCode::BadValue, "'{}' is not a valid value of '$changeStream.{}'", element.as_string(),
        element.name());
}

struct FullDocumentRow {
  std::string_view name;
  FullDocument mode;
};
constexpr FullDocumentRow kFullDocument[] = {
    {"default", FullDocument::Default},
    {"updateLookup", FullDocument::UpdateLookup},
    {"whenAvailable", FullDocument::WhenAvailable},
    {"required", FullDocument::Required},
};

struct BeforeChangeRow {
  std::string_view name;
  FullDocumentBeforeChange mode;
};
constexpr BeforeChangeRow kBeforeChange[] = {
    {"off", FullDocumentBeforeChange::Off},
    {"whenAvailable", FullDocumentBeforeChange::WhenAvailable},
    {"required", FullDocumentBeforeChange::Required},
};

void parse_full_document(StreamOptions& options, const bson::Element& element) {
  const std::string_view mode = parse_mode(element);
  for (const FullDocumentRow& row : kFullDocument) {
    if (row.name == mode) {
      options.full_document = row.mode;
      return;
    }
  }
  raise_mode(element);
}

void parse_before_change(StreamOptions& options, const bson::Element& element) {
  const std::string_view mode = parse_mode(element);
  for (const BeforeChangeRow& row : kBeforeChange) {
    if (row.name == mode) {
      options.before_change = row.mode;
      return;
    }
  }
  raise_mode(element);
}

void parse_resume_after(StreamOptions& options, const bson::Element& element) {
  options.resume_after = parse_token(element);
}

void parse_start_after(StreamOptions& options, const bson::Element& element) {
  options.start_after = parse_token(element);
}

void parse_start_at(StreamOptions& options, const bson::Element& element) {
  if (element.type() != bson::Type::Timestamp) raise_type(element.name(), "timestamp", element);
  options.start_at_operation_time = model::ClusterTime(element.as_timestamp());
}

template <bool StreamOptions::*kMember>
void parse_flag(StreamOptions& options, const bson::Element& element) {
  options.*kMember = parse_bool(element);
}

struct OptionRow {
  std::string_view name;
  void (*parse)(StreamOptions&, const bson::Element&);
};

constexpr OptionRow kOptions[] = {
    {"allChangesForCluster", parse_flag<&StreamOptions::all_changes_for_cluster>},
    {"allowToRunOnSystemNS", parse_flag<&StreamOptions::allow_system_namespace>},
    {"fullDocument", parse_full_document},
    {"fullDocumentBeforeChange", parse_before_change},
    {"ignoreRemovedShards", parse_flag<&StreamOptions::ignore_removed_shards>},
    {"matchCollectionUUIDForUpdateLookup",
     parse_flag<&StreamOptions::match_uuid_for_update_lookup>},
    {"resumeAfter", parse_resume_after},
    {"showErrorsAsEvents", parse_flag<&StreamOptions::show_errors_as_events>},
    {"showExpandedEvents", parse_flag<&StreamOptions::show_expanded_events>},
    {"showMigrationEvents", parse_flag<&StreamOptions::show_migration_events>},
    {"showRawUpdateDescription", parse_flag<&StreamOptions::show_raw_update_description>},
    {"showSystemEvents", parse_flag<&StreamOptions::show_system_events>},
    {"startAfter", parse_start_after},
    {"startAtOperationTime", parse_start_at},
};

const OptionRow* find_option(std::string_view name) {
  for (const OptionRow& row : kOptions) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

}  // namespace

StreamOptions StreamOptions::parse(bson::ValueView body) {
  if (!body.is_document()) {
    raise(kSpecNotAnObject, "expected an object as value of '$changeStream', found {}",
          bson::type_alias(body.type()));
  }
  StreamOptions options;
  for (const bson::Element& element : body.as_document()) {
    const OptionRow* row = find_option(element.name());
    if (row == nullptr) {
      raise(ErrorCode::Location40415, "'$changeStream.{}' is an unknown field", element.name());
    }
    if (!element.nullish()) row->parse(options, element);
  }
  const int starts = int{options.resume_after.has_value()} + int{options.start_after.has_value()} +
                     int{options.start_at_operation_time.has_value()};
  if (starts > 1) {
    raise(kTwoStartingPoints,
          "only one of 'resumeAfter', 'startAfter' and 'startAtOperationTime' may be given to "
          "'$changeStream'");
  }
  if (options.resume_after && options.resume_after->from_invalidate) {
    raise(ErrorCode::InvalidResumeToken,
          "invalid resume token: 'resumeAfter' cannot go on after an invalidate event, "
          "'startAfter' can");
  }
  return options;
}

}  // namespace freshet::stream
