// SPDX-License-Identifier: Apache-2.0
// CRC-32C (Castagnoli), the checksum of OP_MSG.
#pragma once

#include <cstdint>
#include <string_view>

namespace freshet::wire {

std::uint32_t crc32c(std::string_view bytes);

}  // namespace freshet::wire
