// SPDX-License-Identifier: Apache-2.0
#include "app/config_file.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

#include <yaml-cpp/yaml.h>

#include "app/quantity.h"
#include "app/setters.h"
#include "base/error.h"

namespace freshet::app {
namespace {

constexpr std::size_t kFileBytesMax = 1 << 20;
constexpr int kDepthMax = 8;

bool boolean(std::string_view key, std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  raise(ErrorCode::InvalidOptions, "expected true or false in '{}', found '{}'", key, text);
}

using Setter = void (*)(ServeOptions&, std::string_view key, std::string_view text);

struct Row {
  std::string_view key;
  Setter set;
};

// Sorted by key.
constexpr Row kRows[] = {
    {"freshet.advertise", set_advertise},
    {"freshet.history", set_history},
    {"freshet.historySize", set_history_bytes},
    {"freshet.keepImages", [](ServeOptions& options, std::string_view key,
                              std::string_view text) { options.keep_images = boolean(key, text); }},
    {"net.bindIp", set_bind_addresses},
    {"net.bindIpAll",
     [](ServeOptions& options, std::string_view key, std::string_view text) {
       if (boolean(key, text)) options.bind_addresses = {"*"};
     }},
    {"net.maxIncomingConnections", set_connections_max},
    {"net.port", set_port},
    {"net.tls.CAFile", [](ServeOptions& options, std::string_view,
                          std::string_view text) { options.tls.ca_file = text; }},
    {"net.tls.allowConnectionsWithoutCertificates",
     [](ServeOptions& options, std::string_view key, std::string_view text) {
       options.tls.allow_without_certificate = boolean(key, text);
     }},
    {"net.tls.certificateKeyFile",
     [](ServeOptions& options, std::string_view, std::string_view text) {
       options.tls.certificate_key_file = text;
     }},
    {"net.tls.certificateKeyFilePassword",
     [](ServeOptions& options, std::string_view, std::string_view text) {
       options.tls.certificate_key_password = text;
     }},
    {"net.tls.disabledProtocols", set_tls_disabled_protocols},
    {"net.tls.mode", set_tls_mode},
    {"processManagement.pidFilePath", [](ServeOptions& options, std::string_view,
                                         std::string_view text) { options.pid_path = text; }},
    {"replication.oplogSizeMB", set_history_megabytes},
    {"replication.replSetName", set_set_name},
    {"storage.dbPath", [](ServeOptions& options, std::string_view,
                          std::string_view text) { options.data_directory = text; }},
    {"storage.engine",
     [](ServeOptions& options, std::string_view key, std::string_view text) {
       if (text != "rocksdb" && text != "memory") {
         raise(ErrorCode::InvalidOptions, "expected rocksdb or memory in '{}', found '{}'", key,
               text);
       }
       options.memory = text == "memory";
     }},
    {"systemLog.destination",
     [](ServeOptions&, std::string_view key, std::string_view text) {
       if (text == "file") return;  // needs systemLog.path, which is checked at the end
       raise(ErrorCode::InvalidOptions, "expected file in '{}', found '{}'", key, text);
     }},
    {"systemLog.logAppend", [](ServeOptions& options, std::string_view key,
                               std::string_view text) { options.log_append = boolean(key, text); }},
    {"systemLog.path", [](ServeOptions& options, std::string_view,
                          std::string_view text) { options.log_path = text; }},
    {"systemLog.quiet",
     [](ServeOptions& options, std::string_view key, std::string_view text) {
       if (boolean(key, text)) options.log_level = Severity::Warning;
     }},
    {"systemLog.verbosity",
     [](ServeOptions& options, std::string_view key, std::string_view text) {
       const auto level = parse_integer(text);
       if (!level || *level < 0 || *level > 5) {
         raise(ErrorCode::InvalidOptions, "expected 0 to 5 in '{}', found '{}'", key, text);
       }
       if (*level > 0) options.log_level = Severity::Debug;
     }},
};

constexpr std::string_view kParameters = "setParameter.";

void apply(ServeOptions& options, const std::string& key, const std::string& text) {
  if (key.starts_with(kParameters)) {
    return set_parameter(options, std::string_view(key).substr(kParameters.size()), text);
  }
  const auto* row = std::ranges::find(kRows, key, &Row::key);
  if (row == std::end(kRows)) {
    raise(ErrorCode::InvalidOptions, "unknown or unsupported key '{}'", key);
  }
  row->set(options, key, text);
}

/// Walks one level of the file; `prefix` is what stands above it, with dots.
class Walk {
 public:
  Walk(const std::string& path, ServeOptions& options) : path_(path), options_(options) {}

  void mapping(const YAML::Node& node, const std::string& prefix, int depth) {
    if (!node.IsMap() || depth > kDepthMax) fail(node, "expected `key: value` lines");
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) fail(entry.first, "expected a name as key");
      value(entry.first, entry.second, prefix + entry.first.Scalar(), depth);
    }
  }

 private:
  void value(const YAML::Node& at, const YAML::Node& node, const std::string& key, int depth) {
    if (node.IsMap()) return mapping(node, key + ".", depth + 1);
    if (!node.IsScalar()) fail(at, fmt::format("expected one value for '{}'", key));
    if (std::ranges::find(seen_, key) != seen_.end()) {
      fail(at, fmt::format("'{}' stands there twice", key));
    }
    seen_.push_back(key);
    try {
      apply(options_, key, node.Scalar());
    } catch (const Error& error) {
      fail(at, error.message());
    }
  }

  [[noreturn]] void fail(const YAML::Node& at, const std::string& why) {
    raise(ErrorCode::InvalidOptions, "{}:{}: {}", path_, at.Mark().line + 1, why);
  }

  const std::string& path_;
  ServeOptions& options_;
  std::vector<std::string> seen_;
};

}  // namespace

std::vector<std::string_view> config_keys() {
  std::vector<std::string_view> keys;
  for (const Row& row : kRows)
    keys.push_back(row.key);
  return keys;
}

void read_config(const std::string& text, const std::string& path, ServeOptions& options) {
  YAML::Node root;
  try {
    root = YAML::Load(text);
  } catch (const YAML::Exception& bad) {
    raise(ErrorCode::InvalidOptions, "{}:{}: {}", path, bad.mark.line + 1, bad.msg);
  }
  if (root.IsNull()) return;  // an empty file
  Walk(path, options).mapping(root, "", 0);
  if (root["systemLog"] && root["systemLog"]["destination"] && options.log_path.empty()) {
    raise(ErrorCode::InvalidOptions, "{}: systemLog.destination needs systemLog.path", path);
  }
}

void read_config_file(const std::string& path, ServeOptions& options) {
  std::ifstream file(path, std::ios::binary);
  if (!file) raise(ErrorCode::InvalidOptions, "cannot read the configuration file '{}'", path);
  std::string text(kFileBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad() || text.size() > kFileBytesMax) {
    raise(ErrorCode::InvalidOptions, "cannot read the configuration file '{}'", path);
  }
  read_config(text, path, options);
}

}  // namespace freshet::app
