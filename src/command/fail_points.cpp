// SPDX-License-Identifier: Apache-2.0
#include "command/fail_points.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "command/arguments.h"

namespace freshet::command {
namespace {

constexpr ErrorCode kFailPointSetFailed = location(82);
constexpr std::int64_t kCountMax = 2'147'483'647;
constexpr std::int64_t kEventBytesMin = 1'024;

struct DataField {
  std::string_view name;
  void (*read)(FailPointData&, const Field&);
};

std::vector<std::string> strings(const Field& field) {
  std::vector<std::string> out;
  for (const bson::Element& element : field.array())
    out.emplace_back(Field(field.name(), element).string());
  return out;
}

ErrorCode error_code(const Field& field) {
  return static_cast<ErrorCode>(static_cast<std::int32_t>(field.integer()));
}

void read_close_connection(FailPointData& data, const Field& field) {
  data.close_connection = field.boolean();
}

constexpr DataField kFailCommandFields[] = {
    {"failCommands", [](FailPointData& d, const Field& f) { d.commands = strings(f); }},
    {"errorCode", [](FailPointData& d, const Field& f) { d.error = error_code(f); }},
    {"errorLabels", [](FailPointData& d, const Field& f) { d.labels = strings(f); }},
    {"closeConnection", read_close_connection},
    {"writeConcernError",
     [](FailPointData& d, const Field& f) { d.write_concern_error = f.object().to_string(); }},
    {"blockConnection", [](FailPointData& d, const Field& f) { d.block = f.boolean(); }},
    {"blockTimeMS", [](FailPointData& d, const Field& f) { d.block_ms = f.non_negative(); }},
    {"appName", [](FailPointData& d, const Field& f) { d.application = f.string(); }},
    {"namespace", [](FailPointData& d, const Field& f) { d.ns = f.string(); }},
};
constexpr DataField kGetMoreFields[] = {
    {"errorCode", [](FailPointData& d, const Field& f) { d.error = error_code(f); }},
    {"closeConnection", read_close_connection},
};
constexpr DataField kTransactionalWriteFields[] = {
    {"failBeforeCommitExceptionCode",
     [](FailPointData& d, const Field& f) { d.error = error_code(f); }},
    {"closeConnection", read_close_connection},
};
constexpr DataField kOversizeFields[] = {
    {"bytesMax", [](FailPointData& d,
                    const Field& f) { d.bytes_max = std::max(kEventBytesMin, f.non_negative()); }},
};

struct PointRow {
  std::string_view name;
  std::span<const DataField> fields;
};

// In the order of the enumeration.
constexpr std::array<PointRow, kFailPoints> kPoints = {{
    {"failCommand", kFailCommandFields},
    {"failGetMoreAfterCursorCheckout", kGetMoreFields},
    {"maxTimeAlwaysTimeOut", {}},
    {"onPrimaryTransactionalWrite", kTransactionalWriteFields},
    {"freshetDropConnections", {}},
    {"freshetExpireHistory", {}},
    {"freshetOversizeEvents", kOversizeFields},
}};

void read_data(FailPointData& out, const PointRow& row, bson::View data) {
  for (const bson::Element& element : data) {
    const auto field = std::find_if(row.fields.begin(), row.fields.end(),
                                    [&](const DataField& f) { return f.name == element.name(); });
    if (field == row.fields.end()) {
      raise(ErrorCode::BadValue, "fail point {} has no data field '{}'", row.name, element.name());
    }
    field->read(out, Field("configureFailPoint.data", element));
  }
}

FailPointDataPtr parse_data(FailPoint point, bson::View data) {
  const PointRow& row = kPoints[static_cast<std::size_t>(point)];
  auto out = std::make_shared<FailPointData>();
  read_data(*out, row, data);
  if (point == FailPoint::FailCommand) {
    if (out->commands.empty()) {
      raise(ErrorCode::BadValue, "failCommand needs a non-empty 'failCommands' in its data");
    }
    if (out->block && !data["blockTimeMS"]) {
      raise(ErrorCode::BadValue, "blockConnection needs blockTimeMS");
    }
  }
  if (point == FailPoint::FailGetMoreAfterCursorCheckout && !out->error) {
    raise(ErrorCode::BadValue, "failGetMoreAfterCursorCheckout needs an errorCode in its data");
  }
  if (out->bytes_max == 0) out->bytes_max = kEventBytesMin;
  return out;
}

}  // namespace

FailPoints::Setting FailPoints::read_mode(bson::ValueView mode) {
  if (mode.is_string()) {
    if (mode.as_string() == "off") return {.mode = Mode::Off};
    if (mode.as_string() == "alwaysOn") return {.mode = Mode::Always};
    raise(ErrorCode::BadValue, "unknown mode: {}", mode.as_string());
  }
  if (!mode.is_document()) {
    raise(ErrorCode::TypeMismatch, "'mode' must be a string or an object, found {}",
          bson::type_alias(mode.type()));
  }
  const bson::View modes = mode.as_document();
  for (const bson::Element& element : modes) {
    const bool times = element.name() == "times";
    if (!times && element.name() != "skip") {
      raise(ErrorCode::BadValue,
            "'mode' must be one of 'off', 'alwaysOn', 'times' and 'skip', "
            "found '{}'",
            element.name());
    }
    const std::int64_t count = Field("configureFailPoint.mode", element).non_negative();
    if (count > kCountMax || (times && count == 0)) {
      raise(ErrorCode::BadValue, "'{}' option to 'mode' is out of range: {}", element.name(),
            count);
    }
    return {.mode = times ? Mode::Times : Mode::Skip, .count = count};
  }
  raise(ErrorCode::BadValue, "'mode' must not be empty");
}

FailPoints::Configured FailPoints::configure(std::string_view name, bson::ValueView mode,
                                             bson::View data) {
  const auto row = std::find_if(kPoints.begin(), kPoints.end(),
                                [name](const PointRow& r) { return r.name == name; });
  if (row == kPoints.end()) raise(kFailPointSetFailed, "{} not found", name);
  const auto index = static_cast<std::size_t>(row - kPoints.begin());
  const auto point = static_cast<FailPoint>(index);
  Setting setting = read_mode(mode);
  const bool on = setting.mode != Mode::Off;
  if (on) setting.data = parse_data(point, data);
  Configured out{.point = point, .on = on, .data = setting.data, .met_before = 0};
  const MutexLock lock(mutex_);
  out.met_before = settings_[index].met;
  setting.met = out.met_before;
  settings_[index] = std::move(setting);
  if (on) {
    set_.fetch_or(1U << index);
  } else {
    set_.fetch_and(~(1U << index));
  }
  return out;
}

FailPointDataPtr FailPoints::fire(FailPoint point,
                                  const std::function<bool(const FailPointData&)>& concerns) {
  const auto index = static_cast<std::size_t>(point);
  if ((set_.load(std::memory_order_acquire) >> index & 1U) == 0) return nullptr;
  const MutexLock lock(mutex_);
  Setting& setting = settings_[index];
  if (setting.mode == Mode::Off || (concerns && !concerns(*setting.data))) return nullptr;
  FailPointDataPtr data = setting.data;
  if (!counts(setting)) return nullptr;
  ++setting.met;
  if (setting.mode == Mode::Off) set_.fetch_and(~(1U << index));
  return data;
}

bool FailPoints::counts(Setting& setting) {
  switch (setting.mode) {
    case Mode::Off:
      return false;
    case Mode::Always:
      return true;
    case Mode::Times:
      if (--setting.count == 0) setting = {.met = setting.met};
      return true;
    case Mode::Skip:
      break;
  }
  return setting.count == 0 || setting.count-- == 0;
}

}  // namespace freshet::command
