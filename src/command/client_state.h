// SPDX-License-Identifier: Apache-2.0
// What the commands remember of one connection.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/operation.h"
#include "base/utf8.h"
#include "bson/readable.h"

namespace freshet::command {

/// Owned by its connection; used by one exchange at a time, so not thread-safe. `info` may be read
/// from any thread.
class ClientState {
 public:
  ClientState(std::int64_t connection_id, std::string address) {
    auto info = std::make_shared<ClientInfo>();
    info->connection_id = connection_id;
    info->address = std::move(address);
    info_ = std::move(info);
  }

  const std::shared_ptr<const ClientInfo>& info() const { return info_; }
  std::int64_t connection_id() const { return info_->connection_id; }
  /// Whether the client came over the loopback interface.
  bool is_local() const {
    return info_->address.starts_with("127.") || info_->address.starts_with("[::1]:");
  }

  /// Set by the first hello that carries `client`; a second one is refused by the caller.
  bool has_metadata() const { return !info_->metadata.empty(); }
  /// `metadata` is a document; it is kept as it can be shown.
  void set_metadata(std::string application_name, const std::string& metadata) {
    auto info = std::make_shared<ClientInfo>(*info_);
    info->application_name = utf8_replaced(std::move(application_name));
    info->metadata = bson::readable(bson::View(metadata));
    info_ = std::move(info);
  }

 private:
  std::shared_ptr<const ClientInfo> info_;  // shared with operations that outlive the connection
};

}  // namespace freshet::command
