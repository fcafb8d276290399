// SPDX-License-Identifier: Apache-2.0
#include "query/geo/flat_shape.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace freshet::query {
namespace {

constexpr double kDegrees = 180 / 3.14159265358979323846;
/// What rounding may take from a distance, of the numbers that it comes from.
constexpr double kSlack = 1e-12;
/// The same of degrees: the angle between places close together is known no better.
constexpr double kSlackDegrees = 1e-6;

class Box final : public FlatShape {
 public:
  explicit Box(const FlatBox& box) : box_(box) {}
  bool contains(const GeoPosition& place) const override { return box_.contains(place); }
  FlatBox box() const override { return box_; }

 private:
  FlatBox box_;
};

class Circle final : public FlatShape {
 public:
  Circle(const GeoPosition& center, double radius) : center_(center), radius_(radius) {}
  bool contains(const GeoPosition& place) const override {
    return flat_distance(center_, place) <= radius_;
  }
  FlatBox box() const override { return box_around(center_, radius_); }

 private:
  GeoPosition center_;
  double radius_;
};

class Polygon final : public FlatShape {
 public:
  explicit Polygon(std::vector<GeoPosition> corners)
      : corners_(std::move(corners)), box_(box_of(corners_)) {}

  bool contains(const GeoPosition& place) const override {
    if (!box_.contains(place)) return false;
    bool inside = false;
    for (std::size_t i = 0; i < corners_.size(); ++i) {
      const GeoPosition& a = corners_[i];
      const GeoPosition& b = corners_[(i + 1) % corners_.size()];
      if (on_edge(place, a, b)) return true;
      // A ray towards greater x crosses the border an odd number of times.
      if ((a.latitude > place.latitude) == (b.latitude > place.latitude)) continue;
      const double part = (place.latitude - a.latitude) / (b.latitude - a.latitude);
      if (place.longitude < a.longitude + part * (b.longitude - a.longitude)) inside = !inside;
    }
    return inside;
  }

  FlatBox box() const override { return box_; }

 private:
  static FlatBox box_of(const std::vector<GeoPosition>& corners) {
    FlatBox out{corners.front(), corners.front()};
    for (const GeoPosition& corner : corners) {
      out.low.longitude = std::min(out.low.longitude, corner.longitude);
      out.low.latitude = std::min(out.low.latitude, corner.latitude);
      out.high.longitude = std::max(out.high.longitude, corner.longitude);
      out.high.latitude = std::max(out.high.latitude, corner.latitude);
    }
    return out;
  }

  static bool on_edge(const GeoPosition& p, const GeoPosition& a, const GeoPosition& b) {
    const double cross = (b.longitude - a.longitude) * (p.latitude - a.latitude) -
                         (b.latitude - a.latitude) * (p.longitude - a.longitude);
    if (cross != 0) return false;
    return std::min(a.longitude, b.longitude) <= p.longitude &&
           p.longitude <= std::max(a.longitude, b.longitude) &&
           std::min(a.latitude, b.latitude) <= p.latitude &&
           p.latitude <= std::max(a.latitude, b.latitude);
  }

  std::vector<GeoPosition> corners_;
  FlatBox box_;
};

}  // namespace

bool FlatBox::contains(const GeoPosition& place) const {
  return place.longitude >= low.longitude && place.longitude <= high.longitude &&
         place.latitude >= low.latitude && place.latitude <= high.latitude;
}

FlatShapePtr make_box(const GeoPosition& a, const GeoPosition& b) {
  return std::make_shared<Box>(
      FlatBox{{std::min(a.longitude, b.longitude), std::min(a.latitude, b.latitude)},
              {std::max(a.longitude, b.longitude), std::max(a.latitude, b.latitude)}});
}

FlatShapePtr make_circle(const GeoPosition& center, double radius) {
  return std::make_shared<Circle>(center, radius);
}

FlatShapePtr make_flat_polygon(std::vector<GeoPosition> corners) {
  return std::make_shared<Polygon>(std::move(corners));
}

double flat_distance(const GeoPosition& a, const GeoPosition& b) {
  return std::hypot(a.longitude - b.longitude, a.latitude - b.latitude);
}

FlatBox box_around(const GeoPosition& center, double distance) {
  const double numbers = std::abs(center.longitude) + std::abs(center.latitude) + distance;
  const double reach = distance + numbers * kSlack;
  return {{center.longitude - reach, center.latitude - reach},
          {center.longitude + reach, center.latitude + reach}};
}

std::vector<FlatBox> boxes_around(const GeoPosition& center, double radians) {
  const double reach = radians * kDegrees + kSlackDegrees;
  const double south = center.latitude - reach;
  const double north = center.latitude + reach;
  if (south <= -90 || north >= 90) return {{{-180, south}, {180, north}}};
  // The meridians that touch the circle.
  const double sine = std::sin(reach / kDegrees) / std::cos(center.latitude / kDegrees);
  if (sine >= 1) return {{{-180, south}, {180, north}}};
  const double aside = std::asin(sine) * kDegrees + kSlackDegrees;
  const double west = center.longitude - aside;
  const double east = center.longitude + aside;
  std::vector<FlatBox> out{{{west, south}, {east, north}}};
  if (west < -180) out.push_back({{west + 360, south}, {180, north}});
  if (east > 180) out.push_back({{-180, south}, {east - 360, north}});
  return out;
}

}  // namespace freshet::query
