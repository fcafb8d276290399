// SPDX-License-Identifier: Apache-2.0
// setClusterParameter, getClusterParameter: changeStreamOptions, which says how long pre-images are
// shown.
#include <optional>
#include <string>

#include "base/error.h"
#include "command/arguments.h"
#include "command/commands.h"
#include "oplog/image_policy.h"

namespace freshet::command {
namespace {

constexpr std::string_view kStreamOptions = "changeStreamOptions";
constexpr std::string_view kImages = "preAndPostImages";
constexpr std::string_view kExpire = "expireAfterSeconds";
constexpr std::string_view kOff = "off";
constexpr std::string_view kEverything = "*";

/// The only field of `value`, an object, which must be called `name`.
bson::ValueView only_field(const bson::Element& value, const std::string& path,
                           std::string_view name) {
  const bson::View object = Field(path, value).object();
  const std::string inner = path + "." + std::string(value.name());
  for (const bson::Element& field : object) {
    if (field.name() != name) raise_unknown_field(inner, field.name());
  }
  if (!object[name]) raise_missing_field(inner, name);
  return object[name];
}

std::optional<std::int64_t> parse_expiry(const bson::Element& expire) {
  if (expire.is_string()) {
    if (expire.as_string() == kOff) return std::nullopt;
    raise(ErrorCode::BadValue, "expected a positive number or \"off\" in '{}', found '{}'", kExpire,
          expire.as_string());
  }
  if (!expire.is_number()) {
    raise(ErrorCode::TypeMismatch, "expected a number or \"off\" in '{}', found {}", kExpire,
          bson::type_alias(expire.type()));
  }
  const std::int64_t seconds = expire.number_as_int64();
  if (seconds <= 0) {
    raise(ErrorCode::BadValue, "expected a positive number or \"off\" in '{}', found {}", kExpire,
          seconds);
  }
  return seconds;
}

void append_stream_options(const oplog::ImagePolicy& images, bson::Builder& reply) {
  reply.push_document().add("_id", kStreamOptions);
  reply.add("clusterParameterTime", images.changed_at().timestamp());
  reply.open_document(kImages);
  if (const auto seconds = images.expire_after_seconds()) {
    reply.add(kExpire, *seconds);
  } else {
    reply.add(kExpire, kOff);
  }
  reply.close().close();
}

void check_name(std::string_view name) {
  if (name == kStreamOptions || name == kEverything) return;
  raise(ErrorCode::NoSuchKey, "there is no cluster parameter '{}'", name);
}

}  // namespace

void run_set_cluster_parameter(CommandContext& context, bson::Builder&) {
  const bson::Element first = *context.body.begin();
  const bson::View parameters = Field("setClusterParameter", first).object();
  if (parameters.count() != 1) {
    raise(ErrorCode::InvalidOptions, "expected one cluster parameter, found {}",
          parameters.count());
  }
  const bson::Element parameter = *parameters.begin();
  if (parameter.name() != kStreamOptions) {
    raise(ErrorCode::IllegalOperation, "unknown cluster parameter '{}'", parameter.name());
  }
  const std::string path = "setClusterParameter";
  const bson::View options = Field(path, parameter).object();
  static_cast<void>(only_field(parameter, path, kImages));
  const bson::Element images = options[kImages];
  static_cast<void>(only_field(images, path + "." + std::string(kStreamOptions), kExpire));
  context.services.images.set_expire_after_seconds(parse_expiry(images.as_document()[kExpire]));
}

void run_get_cluster_parameter(CommandContext& context, bson::Builder& reply) {
  const bson::Element names = *context.body.begin();
  if (names.is_string()) {
    check_name(names.as_string());
  } else if (names.is_array() && !names.as_document().empty()) {
    for (const bson::Element& name : names.as_document())
      check_name(Field("getClusterParameter", name).string());
  } else if (names.is_array()) {
    raise(ErrorCode::BadValue, "'getClusterParameter' needs at least one name");
  } else {
    Field("getClusterParameter", names).wrong_type("string, array");
  }
  reply.open_array("clusterParameters");
  append_stream_options(context.services.images, reply);
  reply.close();
}

}  // namespace freshet::command
