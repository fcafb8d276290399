// SPDX-License-Identifier: Apache-2.0
// How a geospatial index is searched around a place: circles, each wider than the one before.
#pragma once

#include <memory>
#include <string_view>

#include "catalog/definitions.h"
#include "pipeline/plan/interval.h"
#include "query/match_near.h"

namespace freshet::pipeline {

/// Radii are NearNode's distances before they are multiplied with NearQuery::unit.
class NearRings {
 public:
  virtual ~NearRings() = default;
  /// What explain calls the stage.
  virtual std::string_view stage() const = 0;
  /// A radius to begin with, and one beyond which there is nothing.
  virtual double first() const = 0;
  virtual double last() const = 0;
  /// The cells of all that is at most so far away.
  virtual IntervalSet cells_within(double radius) const = 0;
};

/// Null when the index cannot tell such distances. Requires: both outlive it.
std::unique_ptr<NearRings> near_rings(const catalog::IndexDefinition& index,
                                      const query::NearQuery& near);

}  // namespace freshet::pipeline
