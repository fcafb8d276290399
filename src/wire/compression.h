// SPDX-License-Identifier: Apache-2.0
// The compressors of OP_COMPRESSED.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace freshet::wire {

/// The id on the wire. Never renumber.
enum class Compressor : std::uint8_t { Noop = 0, Snappy = 1, Zlib = 2, Zstd = 3 };

/// nullopt for an id nobody knows.
std::optional<Compressor> compressor_by_id(std::uint8_t id);
/// "snappy", "zlib", "zstd" as hello.compression names them; nullopt for other names. Noop is not
/// negotiable.
std::optional<Compressor> compressor_by_name(std::string_view name);
std::string_view compressor_name(Compressor compressor);

/// Appends the compressed form of `input`.
void compress(Compressor compressor, std::string_view input, std::string& out);

/// Appends exactly `size` bytes, or returns false and leaves `out` as it was: the input is damaged,
/// or holds more or fewer bytes than it says. Never writes more than `size` bytes.
[[nodiscard]] bool decompress(Compressor compressor, std::string_view input, std::size_t size,
                              std::string& out);

}  // namespace freshet::wire
