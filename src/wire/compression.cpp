// SPDX-License-Identifier: Apache-2.0
#include "wire/compression.h"

#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <iterator>
#include <limits>
#include <utility>

#include "base/invariant.h"

namespace freshet::wire {
namespace {

constexpr int kZlibLevel = 6;
constexpr int kZstdLevel = 3;

constexpr std::pair<Compressor, std::string_view> kNames[] = {
    {Compressor::Noop, "noop"},
    {Compressor::Snappy, "snappy"},
    {Compressor::Zlib, "zlib"},
    {Compressor::Zstd, "zstd"},
};

void compress_zlib(std::string_view input, std::string& out) {
  const std::size_t start = out.size();
  auto size = ::compressBound(static_cast<uLong>(input.size()));
  out.resize(start + size);
  const int done = ::compress2(reinterpret_cast<Bytef*>(out.data() + start), &size,
                               reinterpret_cast<const Bytef*>(input.data()),
                               static_cast<uLong>(input.size()), kZlibLevel);
  invariant(done == Z_OK, "zlib compresses into a buffer of its own bound");
  out.resize(start + size);
}

void compress_zstd(std::string_view input, std::string& out) {
  const std::size_t start = out.size();
  out.resize(start + ZSTD_compressBound(input.size()));
  const std::size_t size =
      ZSTD_compress(out.data() + start, out.size() - start, input.data(), input.size(), kZstdLevel);
  invariant(ZSTD_isError(size) == 0, "zstd compresses into a buffer of its own bound");
  out.resize(start + size);
}

// Each writes at most `size` bytes to `to` and says whether that was exactly all.

bool decompress_snappy(std::string_view input, char* to, std::size_t size) {
  std::size_t length = 0;
  if (!snappy::GetUncompressedLength(input.data(), input.size(), &length)) return false;
  return length == size && snappy::RawUncompress(input.data(), input.size(), to);
}

bool decompress_zlib(std::string_view input, char* to, std::size_t size) {
  auto length = static_cast<uLongf>(size);
  const int done =
      ::uncompress(reinterpret_cast<Bytef*>(to), &length,
                   reinterpret_cast<const Bytef*>(input.data()), static_cast<uLong>(input.size()));
  return done == Z_OK && length == size;
}

bool decompress_zstd(std::string_view input, char* to, std::size_t size) {
  const std::size_t length = ZSTD_decompress(to, size, input.data(), input.size());
  return ZSTD_isError(length) == 0 && length == size;
}

bool decompress_noop(std::string_view input, char* to, std::size_t size) {
  if (input.size() != size) return false;
  input.copy(to, size);
  return true;
}

}  // namespace

std::optional<Compressor> compressor_by_id(std::uint8_t id) {
  if (id >= std::size(kNames)) return std::nullopt;
  return static_cast<Compressor>(id);
}

std::optional<Compressor> compressor_by_name(std::string_view name) {
  for (const auto& [compressor, known] : kNames) {
    if (known == name && compressor != Compressor::Noop) return compressor;
  }
  return std::nullopt;
}

std::string_view compressor_name(Compressor compressor) {
  return kNames[static_cast<std::size_t>(compressor)].second;
}

void compress(Compressor compressor, std::string_view input, std::string& out) {
  switch (compressor) {
    case Compressor::Noop:
      out.append(input);
      return;
    case Compressor::Snappy: {
      const std::size_t start = out.size();
      out.resize(start + snappy::MaxCompressedLength(input.size()));
      std::size_t size = 0;
      snappy::RawCompress(input.data(), input.size(), out.data() + start, &size);
      out.resize(start + size);
      return;
    }
    case Compressor::Zlib:
      return compress_zlib(input, out);
    case Compressor::Zstd:
      return compress_zstd(input, out);
  }
}

bool decompress(Compressor compressor, std::string_view input, std::size_t size, std::string& out) {
  const std::size_t start = out.size();
  out.resize(start + size);
  char* const to = out.data() + start;
  bool done = false;
  switch (compressor) {
    case Compressor::Noop:
      done = decompress_noop(input, to, size);
      break;
    case Compressor::Snappy:
      done = decompress_snappy(input, to, size);
      break;
    case Compressor::Zlib:
      done = decompress_zlib(input, to, size);
      break;
    case Compressor::Zstd:
      done = decompress_zstd(input, to, size);
      break;
  }
  if (!done) out.resize(start);
  return done;
}

}  // namespace freshet::wire
