// SPDX-License-Identifier: Apache-2.0
// The records around a place, the nearest first: rings of a geospatial index, each wider than the
// one before.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/definitions.h"
#include "pipeline/plan/index_bounds.h"
#include "pipeline/plan/near_rings.h"
#include "pipeline/plan/record_set.h"
#include "pipeline/plan/record_source.h"
#include "query/match_near.h"
#include "query/matcher.h"
#include "storage/store.h"

namespace freshet::pipeline {

struct NearPlan {
  catalog::IndexPtr index;
  std::vector<Component> components;
  IndexBounds bounds;     ///< of the components besides the place
  std::size_t place = 0;  ///< the component that the cells are
  std::unique_ptr<const NearRings> rings;
  const query::NearNode* near = nullptr;
  const query::Matcher* filter = nullptr;  ///< the whole filter, `near` among it
};

class NearSource final : public RecordSource {
 public:
  /// Requires: `store` and the filter outlive it.
  NearSource(storage::Store& store, catalog::CollectionPtr collection, NearPlan plan);

  std::optional<Record> next(Operation& op) override;
  void save() override { ++counts_.saves; }
  void restore(const storage::Reader& reader) override;
  void explain(StageText& out) const override;
  ExamineCounts examined() const override { return {keys_, documents_}; }
  void add_indexes(std::vector<catalog::IndexPtr>& out) const override {
    out.push_back(plan_.index);
  }

 private:
  struct Found {
    double distance;  ///< as NearNode gives it
    RecordId id;
    bool operator<(const Found& other) const {
      return distance != other.distance ? distance < other.distance : id < other.id;
    }
  };

  bool widen(Operation& op);
  void walk(const storage::KeyRange& range, Operation& op);
  void look_at(RecordId id, Operation& op);
  void settle(double distance);
  std::optional<double> fetch(RecordId id);

  storage::Store& store_;
  catalog::CollectionPtr collection_;
  const NearPlan plan_;
  const storage::Reader* reader_ = nullptr;

  double radius_ = 0;  ///< of the rings: nothing nearer is unknown
  bool complete_ = false;
  RecordSet seen_;
  std::vector<Found> beyond_;  ///< met already, farther away than radius_
  std::deque<Found> ready_;    ///< in order
  std::string document_;

  StageCounts counts_;
  std::int64_t keys_ = 0;
  std::int64_t documents_ = 0;
};

}  // namespace freshet::pipeline
