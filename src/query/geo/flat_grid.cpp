// SPDX-License-Identifier: Apache-2.0
#include "query/geo/flat_grid.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace freshet::query {
namespace {

/// More quarters than this are not divided any further.
constexpr std::size_t kQuartersMax = 64;

/// Columns and rows, first and last included.
struct Block {
  std::uint32_t left, bottom, right, top;
};

/// The bits of a coordinate, each followed by a free one.
std::uint64_t spread(std::uint32_t coordinate) {
  std::uint64_t out = coordinate;
  out = (out | (out << 16)) & 0x0000FFFF0000FFFFULL;
  out = (out | (out << 8)) & 0x00FF00FF00FF00FFULL;
  out = (out | (out << 4)) & 0x0F0F0F0F0F0F0F0FULL;
  out = (out | (out << 2)) & 0x3333333333333333ULL;
  return (out | (out << 1)) & 0x5555555555555555ULL;
}

std::uint64_t number_of(std::uint32_t column, std::uint32_t row) {
  return (spread(column) << 1) | spread(row);
}

/// A square of the grid whose cells stand side by side: 2^level columns and rows.
struct Quarter {
  std::uint32_t left, bottom;
  int level;

  Block block() const {
    const auto beyond = static_cast<std::uint32_t>((std::uint64_t{1} << level) - 1);
    return {left, bottom, left + beyond, bottom + beyond};
  }
  FlatCells cells() const {
    const Block all = block();
    return {number_of(all.left, all.bottom), number_of(all.right, all.top)};
  }
};

bool meet(const Block& a, const Block& b) {
  return a.left <= b.right && b.left <= a.right && a.bottom <= b.top && b.bottom <= a.top;
}

bool within(const Block& inner, const Block& outer) {
  return outer.left <= inner.left && inner.right <= outer.right && outer.bottom <= inner.bottom &&
         inner.top <= outer.top;
}

/// Divides the quarters that blocks run through, all of one size at a time, as long as they are few.
class Cover {
 public:
  Cover(const std::vector<Block>& blocks, int bits) : blocks_(blocks), crossed_{{0, 0, bits}} {}

  std::vector<FlatCells> cells() {
    while (!crossed_.empty() && crossed_.front().level > 0 && divide()) {
    }
    whole_.insert(whole_.end(), crossed_.begin(), crossed_.end());
    std::vector<FlatCells> out;
    for (const Quarter& quarter : whole_)
      out.push_back(quarter.cells());
    return joined(std::move(out));
  }

 private:
  bool divide() {
    std::vector<Quarter> whole = whole_;
    std::vector<Quarter> crossed;
    for (const Quarter& quarter : crossed_) {
      const int level = quarter.level - 1;
      const std::uint32_t half = std::uint32_t{1} << level;
      for (const std::uint32_t left : {quarter.left, quarter.left + half}) {
        for (const std::uint32_t bottom : {quarter.bottom, quarter.bottom + half})
          sort_in({left, bottom, level}, whole, crossed);
      }
    }
    if (whole.size() + crossed.size() > kQuartersMax) return false;
    whole_ = std::move(whole);
    crossed_ = std::move(crossed);
    return true;
  }

  void sort_in(const Quarter& quarter, std::vector<Quarter>& whole,
               std::vector<Quarter>& crossed) const {
    const Block all = quarter.block();
    const auto any = [&](bool (*holds)(const Block&, const Block&)) {
      return std::any_of(blocks_.begin(), blocks_.end(),
                         [&](const Block& block) { return holds(all, block); });
    };
    if (any(within)) {
      whole.push_back(quarter);
    } else if (any(meet)) {
      crossed.push_back(quarter);
    }
  }

  static std::vector<FlatCells> joined(std::vector<FlatCells> runs) {
    std::sort(runs.begin(), runs.end(),
              [](const FlatCells& a, const FlatCells& b) { return a.first < b.first; });
    std::vector<FlatCells> out;
    for (const FlatCells& run : runs) {
      if (!out.empty() && out.back().last + 1 == run.first) {
        out.back().last = run.last;
      } else {
        out.push_back(run);
      }
    }
    return out;
  }

  const std::vector<Block>& blocks_;
  std::vector<Quarter> whole_;
  std::vector<Quarter> crossed_;
};

}  // namespace

FlatGrid::FlatGrid(double min, double max, int bits) : min_(min), max_(max), bits_(bits) {}

double FlatGrid::cell_width() const {
  return std::ldexp(max_ - min_, -bits_);
}

bool FlatGrid::holds(const GeoPosition& place) const {
  return place.longitude >= min_ && place.longitude <= max_ && place.latitude >= min_ &&
         place.latitude <= max_;
}

// Never falls where the coordinate grows, whatever is rounded: a box between coordinates is a block
// between their rows.
std::uint32_t FlatGrid::row_of(double coordinate) const {
  const double part = (coordinate - min_) / (max_ - min_);
  const double row = std::floor(std::ldexp(part, bits_));
  return static_cast<std::uint32_t>(std::clamp(row, 0.0, std::ldexp(1, bits_) - 1));
}

std::uint64_t FlatGrid::cell_of(const GeoPosition& place) const {
  return number_of(row_of(place.longitude), row_of(place.latitude));
}

std::vector<FlatCells> FlatGrid::cover(const std::vector<FlatBox>& boxes) const {
  std::vector<Block> blocks;
  for (const FlatBox& box : boxes) {
    const bool apart = box.high.longitude < min_ || box.low.longitude > max_ ||
                       box.high.latitude < min_ || box.low.latitude > max_;
    if (apart) continue;
    blocks.push_back({row_of(box.low.longitude), row_of(box.low.latitude),
                      row_of(box.high.longitude), row_of(box.high.latitude)});
  }
  if (blocks.empty()) return {};
  return Cover(blocks, bits_).cells();
}

}  // namespace freshet::query
