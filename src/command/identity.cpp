// SPDX-License-Identifier: Apache-2.0
#include "command/identity.h"

#include "base/bytes.h"

namespace freshet::command {

std::string Identity::election_id() const {
  std::string id = "\x7f\xff\xff\xff";
  append_be64(id, static_cast<std::uint64_t>(term.load()));
  return id;
}

void Identity::append_topology_version(bson::Builder& out) const {
  out.open_document("topologyVersion");
  out.add_object_id("processId", process_id).add("counter", topology_counter.load());
  out.close();
}

}  // namespace freshet::command
