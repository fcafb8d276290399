// SPDX-License-Identifier: Apache-2.0
// Documents for replies that show what a client sent: drivers refuse a whole reply in which any text
// is not UTF-8, while commands may hold such text.
#pragma once

#include <string>

#include "bson/view.h"

namespace freshet::bson {

/// The document with U+FFFD for what is not UTF-8 in its field names, strings, symbols, code and
/// regular expressions.
std::string readable(View document);

}  // namespace freshet::bson
