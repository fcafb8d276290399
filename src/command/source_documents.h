// SPDX-License-Identifier: Apache-2.0
// What aggregation stages that tell of the server itself give.
#pragma once

#include <string>
#include <vector>

#include "command/context.h"
#include "model/namespace.h"

namespace freshet::command {

/// The documents of the pipeline's first stage when it is $collStats, $currentOp, $indexStats,
/// $listLocalSessions or $listSessions; nothing for all others. Throws where the stage may not
/// stand on `ns`.
std::vector<std::string> source_documents(CommandContext& context, const model::Namespace& ns,
                                          bson::View pipeline);

}  // namespace freshet::command
