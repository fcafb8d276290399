// SPDX-License-Identifier: Apache-2.0
#include "stream/prefilter.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace freshet::stream {
namespace {

using Values = std::vector<bson::ValueView>;

bool is_operator_document(bson::ValueView value) {
  if (!value.is_document()) return false;
  const bson::View document = value.as_document();
  return !document.empty() && document.begin()->name().starts_with('$');
}

/// The values one of which a condition asks for; nothing when it asks in another way.
std::optional<Values> wanted_values(bson::ValueView condition) {
  if (!is_operator_document(condition)) return Values{condition};
  std::optional<Values> wanted;
  for (const bson::Element& op : condition.as_document()) {
    if (op.name() == "$eq") return Values{op.value()};
    if (op.name() == "$in" && op.is_array()) {
      wanted.emplace();
      for (const bson::Element& one : op.as_document())
        wanted->push_back(one.value());
    }
  }
  return wanted;
}

std::optional<std::vector<std::string>> wanted_strings(bson::ValueView condition) {
  const std::optional<Values> values = wanted_values(condition);
  if (!values) return std::nullopt;
  std::vector<std::string> strings;
  for (const bson::ValueView& value : *values) {
    if (!value.is_string()) return std::nullopt;
    strings.emplace_back(value.as_string());
  }
  return strings;
}

/// "db.coll" of {db, coll} exactly; nothing for documents of another shape.
std::optional<std::string> namespace_of(bson::ValueView value) {
  if (!value.is_document()) return std::nullopt;
  const bson::View document = value.as_document();
  const bson::Element db = document["db"];
  const bson::Element coll = document["coll"];
  if (!db.is_string() || !coll.is_string() || document.count() != 2) return std::nullopt;
  return std::string(db.as_string()) + "." + std::string(coll.as_string());
}

bool holds(const std::vector<std::vector<std::string>>& lists, std::string_view name) {
  return std::ranges::all_of(lists, [&](const std::vector<std::string>& list) {
    return std::ranges::find(list, name) != list.end();
  });
}

}  // namespace

void Prefilter::narrow(bson::View filter) {
  // An explicit stack: how deep a filter nests is the client's choice.
  std::vector<bson::View> todo{filter};
  while (!todo.empty()) {
    const bson::View conjunction = todo.back();
    todo.pop_back();
    for (const bson::Element& condition : conjunction) {
      if (condition.name() == "$and" && condition.is_array()) {
        for (const bson::Element& one : condition.as_document()) {
          if (one.is_document()) todo.push_back(one.as_document());
        }
      } else {
        narrow_field(condition);
      }
    }
  }
}

void Prefilter::narrow_field(const bson::Element& condition) {
  if (condition.name() == "ns") {
    narrow_namespaces(condition.value());
    return;
  }
  const bool is_kind = condition.name() == "operationType";
  const bool is_db = condition.name() == "ns.db";
  if (!is_kind && !is_db && condition.name() != "ns.coll") return;
  std::optional<Strings> strings = wanted_strings(condition.value());
  if (!strings) return;
  if (is_kind) {
    narrow_kinds(*strings);
  } else {
    (is_db ? databases_ : collections_).push_back(std::move(*strings));
  }
}

void Prefilter::narrow_kinds(const Strings& names) {
  std::uint32_t kinds = 0;
  for (const std::string& name : names) {
    if (const std::optional<ChangeKind> kind = kind_of(name)) kinds |= bit_of(*kind);
  }
  kinds_ &= kinds;
}

void Prefilter::narrow_namespaces(bson::ValueView condition) {
  const std::optional<Values> values = wanted_values(condition);
  if (!values) return;
  Strings names;
  for (const bson::ValueView& value : *values) {
    std::optional<std::string> name = namespace_of(value);
    if (!name) return;
    names.push_back(std::move(*name));
  }
  namespaces_.push_back(std::move(names));
}

bool Prefilter::admits(const Change& change) const {
  if ((kinds_ & bit_of(change.kind)) == 0) return false;
  if (!holds(databases_, change.db) || !holds(collections_, change.coll)) return false;
  if (namespaces_.empty()) return true;
  return holds(namespaces_, std::string(change.db) + "." + std::string(change.coll));
}

}  // namespace freshet::stream
