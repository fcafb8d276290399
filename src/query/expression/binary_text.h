// SPDX-License-Identifier: Apache-2.0
// Bytes as text: hexadecimal, base64, UUIDs. For $convert between binData and string.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bson/view.h"

namespace freshet::query {

std::string hex_encode(std::string_view bytes);
/// Nothing when `text` holds anything but pairs of hexadecimal digits.
std::optional<std::string> hex_decode(std::string_view text);

/// `format`: base64, base64url, utf8, hex, uuid, or auto (uuid for subtype 4, else base64). Nothing
/// when the bytes have no such text, or for another format.
std::optional<std::string> binary_to_text(bson::BinaryView binary, std::string_view format);
std::optional<std::string> text_to_binary(std::string_view text, std::string_view format);

}  // namespace freshet::query
