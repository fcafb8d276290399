// SPDX-License-Identifier: Apache-2.0
// buildInfo: the MongoDB version whose contract this server keeps, and its own.
#include "base/limits.h"
#include "base/version.h"
#include "command/commands.h"
#include "command/identity.h"

namespace freshet::command {

void run_build_info(CommandContext& context, bson::Builder& reply) {
  reply.add("version", kClaimedVersion).add("gitVersion", base::kVersion);
  reply.open_array("modules").close();
  reply.add("allocator", "system").add("javascriptEngine", "none").add("sysInfo", "deprecated");
  reply.open_array("versionArray");
  for (const std::int32_t part : kClaimedVersionArray)
    reply.push(part);
  reply.close();
  reply.open_document("openssl").add("running", "disabled").add("compiled", "disabled").close();
  reply.open_document("buildEnvironment")
      .add("target_arch", "x86_64")
      .add("target_os", "linux")
      .close();
  reply.add("bits", std::int32_t{64}).add("debug", false);
  reply.add("maxBsonObjectSize",
            static_cast<std::int32_t>(context.services.limits.document_bytes_max));
  reply.open_array("storageEngines").push("rocksdb").push("memory").close();
  reply.open_document("freshet").add("version", base::kVersion).close();
}

}  // namespace freshet::command
