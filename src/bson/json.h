// SPDX-License-Identifier: Apache-2.0
// Extended JSON v2, through libbson; for logs, tools and tests, never on a hot path.
#pragma once

#include <string>
#include <string_view>

#include "bson/view.h"

namespace freshet::bson {

enum class JsonMode { Relaxed, Canonical };

std::string to_json(View document, JsonMode mode = JsonMode::Relaxed);
/// Text of one value as error messages show it ("dup key: { a: 1 }" style is the caller's).
std::string to_json(ValueView value, JsonMode mode = JsonMode::Relaxed);
/// Parses one document; throws FailedToParse with the position.
std::string from_json(std::string_view text);

}  // namespace freshet::bson
