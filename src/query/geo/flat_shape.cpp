// SPDX-License-Identifier: Apache-2.0
#include "query/geo/flat_shape.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace freshet::query {
namespace {

class Box final : public FlatShape {
 public:
  explicit Box(const FlatBox& box) : box_(box) {}
  bool contains(const GeoPosition& place) const override {
    return place.longitude >= box_.low.longitude && place.longitude <= box_.high.longitude &&
           place.latitude >= box_.low.latitude && place.latitude <= box_.high.latitude;
  }
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
  FlatBox box() const override {
    return {{center_.longitude - radius_, center_.latitude - radius_},
            {center_.longitude + radius_, center_.latitude + radius_}};
  }

 private:
  GeoPosition center_;
  double radius_;
};

class Polygon final : public FlatShape {
 public:
  explicit Polygon(std::vector<GeoPosition> corners) : corners_(std::move(corners)) {}

  bool contains(const GeoPosition& place) const override {
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

  FlatBox box() const override {
    FlatBox out{corners_.front(), corners_.front()};
    for (const GeoPosition& corner : corners_) {
      out.low.longitude = std::min(out.low.longitude, corner.longitude);
      out.low.latitude = std::min(out.low.latitude, corner.latitude);
      out.high.longitude = std::max(out.high.longitude, corner.longitude);
      out.high.latitude = std::max(out.high.latitude, corner.latitude);
    }
    return out;
  }

 private:
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
};

}  // namespace

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

}  // namespace freshet::query
