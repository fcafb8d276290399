// SPDX-License-Identifier: Apache-2.0
// Several sources as one: one after the other, or merged by a sort; each record once.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bson/compare.h"
#include "pipeline/plan/record_set.h"
#include "pipeline/plan/record_source.h"
#include "query/sort.h"

namespace freshet::pipeline {

/// The branches of an $or, one after the other.
class UnionSource final : public RecordSource {
 public:
  explicit UnionSource(std::vector<RecordSourcePtr> branches) : branches_(std::move(branches)) {}
  std::optional<Record> next(Operation& op) override;
  void save() override;
  void restore(const storage::Reader& reader) override;
  void explain(StageText& out) const override;
  ExamineCounts examined() const override;
  std::string index_key(bson::View document) const override {
    return branches_[at_]->index_key(document);
  }
  void add_indexes(std::vector<catalog::IndexPtr>& out) const override;

 private:
  std::vector<RecordSourcePtr> branches_;
  std::size_t at_ = 0;
  RecordSet seen_;
  StageCounts counts_;
};

/// Sources that are in the order of one sort each.
class MergeSource final : public RecordSource {
 public:
  /// `disjoint`: no record comes from two branches. Requires: `order` outlives it.
  MergeSource(std::vector<RecordSourcePtr> branches, query::SortPattern sort,
              const bson::StringOrder* order, bool disjoint);
  std::optional<Record> next(Operation& op) override;
  void save() override;
  void restore(const storage::Reader& reader) override;
  void explain(StageText& out) const override;
  ExamineCounts examined() const override;
  std::string index_key(bson::View document) const override {
    return given_->source->index_key(document);
  }
  void add_indexes(std::vector<catalog::IndexPtr>& out) const override;

 private:
  /// The record a branch came to; kept over the end of a batch.
  struct Head {
    std::string key;
    RecordId id;
    std::string document;
  };
  struct Branch {
    RecordSourcePtr source;
    std::optional<Head> head;
    bool at_end = false;
  };

  void advance(Branch& branch, Operation& op);
  Branch* lowest();

  std::vector<Branch> branches_;
  const query::SortPattern sort_;
  const bson::StringOrder* order_;
  const bool disjoint_;
  RecordSet seen_;
  std::string document_;
  const Branch* given_ = nullptr;  // whose record was given last
  StageCounts counts_;
};

}  // namespace freshet::pipeline
