// SPDX-License-Identifier: Apache-2.0
// What serverStatus tells of change streams.
#pragma once

#include "bson/builder.h"
#include "command/services.h"

namespace freshet::command {

/// metrics.changeStreams: MongoDB's fields of 8.0 and 9.0, then ours.
void append_stream_metrics(CommandServices& services, bson::Builder& out);
/// changeStreamPreImages. Images lie in the log and go with it: there is no job that purges them.
void append_image_metrics(const CommandServices& services, bson::Builder& out);

}  // namespace freshet::command
