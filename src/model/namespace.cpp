// SPDX-License-Identifier: Apache-2.0
#include "model/namespace.h"

#include "base/error.h"
#include "base/utf8.h"

namespace freshet::model {
namespace {

constexpr std::string_view kCommandCollection = "$cmd";
constexpr std::string_view kSystemPrefix = "system.";

}  // namespace

const char* database_name_problem(std::string_view name) {
  using std::string_view_literals::operator""sv;
  constexpr std::string_view kForbidden = "/\\. \"$\0"sv;
  if (name == "$external") return nullptr;  // users from outside live there
  if (name.empty()) return "it is empty";
  if (name.size() > kDatabaseNameBytesMax) return "it is longer than 63 bytes";
  if (name.find_first_of(kForbidden) != std::string_view::npos) {
    return "it contains one of / \\ . \" $, a space or a zero byte";
  }
  if (!is_utf8(name)) return "it is not UTF-8";
  return nullptr;
}

const char* collection_name_problem(std::string_view name) {
  if (name.empty()) return "it is empty";
  if (name.front() == '.') return "it begins with a dot";
  if (name.find('\0') != std::string_view::npos) return "it contains a zero byte";
  if (name.find('$') != std::string_view::npos) return "it contains $";
  if (!is_utf8(name)) return "it is not UTF-8";
  return nullptr;
}

Namespace Namespace::parse(std::string_view full) {
  const std::size_t dot = full.find('.');
  if (dot == std::string_view::npos) return {.db = std::string(full), .coll = {}};
  return {.db = std::string(full.substr(0, dot)), .coll = std::string(full.substr(dot + 1))};
}

Namespace Namespace::command_cursor(std::string_view db, std::string_view command) {
  std::string coll(kCommandCollection);
  coll.append(".").append(command);
  return {.db = std::string(db), .coll = std::move(coll)};
}

std::string Namespace::full() const {
  if (coll.empty()) return db;
  std::string text;
  text.reserve(full_size());
  return text.append(db).append(".").append(coll);
}

void Namespace::check() const {
  check_database();
  if (const char* problem = collection_name_problem(coll)) {
    raise(ErrorCode::InvalidNamespace, "Invalid collection name '{}': {}", coll, problem);
  }
  if (full_size() > kNamespaceBytesMax) {
    raise(ErrorCode::InvalidNamespace, "Invalid namespace: '{}' is longer than {} bytes", full(),
          kNamespaceBytesMax);
  }
}

void Namespace::check_database() const {
  if (const char* problem = database_name_problem(db)) {
    raise(ErrorCode::InvalidNamespace, "Invalid database name '{}': {}", db, problem);
  }
}

bool Namespace::is_system() const {
  return coll.starts_with(kSystemPrefix);
}
bool Namespace::is_known_system() const {
  if (coll == "system.js" || coll == "system.views" || coll == "system.profile") return true;
  if (coll == "system.users" || coll == "system.roles") return true;
  return db == "admin" && coll == "system.version";
}

bool Namespace::is_internal_database() const {
  return model::is_internal_database(db);
}

bool Namespace::is_command() const {
  return coll == kCommandCollection || coll.starts_with("$cmd.");
}

bool is_internal_database(std::string_view db) {
  return db == "admin" || db == "local" || db == "config";
}

}  // namespace freshet::model
