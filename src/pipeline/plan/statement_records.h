// SPDX-License-Identifier: Apache-2.0
// The records that one update, delete or findAndModify statement works on.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "bson/view.h"
#include "collection/write_unit.h"
#include "pipeline/plan/planner.h"
#include "pipeline/plan/query_plan.h"
#include "query/collation.h"
#include "query/matcher.h"
#include "query/sort.h"

namespace freshet::pipeline {

/// What a write statement selects by. Views borrow the command, which outlives the statement.
struct StatementSpec {
  bson::View filter;
  bson::View sort;
  bson::View collation;
  bool collation_given = false;
  bson::ValueView hint;
  bson::View let;
};

/// A record as the unit's transaction sees it.
struct PickedRecord {
  RecordId id;
  std::string document;
  query::MatchDetails details;
};

/// One statement's selection; survives the units it is tried in. Not thread-safe.
class StatementRecords {
 public:
  /// Parses the filter with the collection's default collation where none is given.
  StatementRecords(const PlanServices& services, const StatementSpec& spec,
                   const catalog::CollectionPtr& collection, Operation& op);
  StatementRecords(const StatementRecords&) = delete;
  StatementRecords& operator=(const StatementRecords&) = delete;

  const query::QueryContext& context() const { return context_; }
  const query::Matcher& filter() const { return matcher_; }

  /// The first matching record in sort order.
  std::optional<PickedRecord> pick_first(const collection::WriteUnit& unit,
                                         const catalog::CollectionPtr& collection,
                                         Operation& op) const;

  /// For statements over many records: the next one that matches and was not handled yet; nothing
  /// when there is none left. Records are found ahead in portions, before the unit writes anything.
  std::optional<PickedRecord> pick_next(const collection::WriteUnit& unit,
                                        const catalog::CollectionPtr& collection, Operation& op);
  /// The record that pick_next() gave last was not written: it comes again.
  void put_back(RecordId id);
  /// The unit was committed: what was handled stays handled.
  void keep() { unit_handled_.clear(); }
  /// The unit is void: what was handled in it comes again.
  void rewind();
  /// True when the next pick_next() searches, which needs a unit that has written nothing.
  bool needs_fresh_unit() const { return queue_.empty() && !exhausted_; }

 private:
  bool bind_let();
  AccessPlan plan(const catalog::CollectionPtr& collection, const storage::Reader& reader,
                  const query::SortPattern* sort) const;
  std::optional<PickedRecord> fetch(RecordId id, const collection::WriteUnit& unit,
                                    const catalog::CollectionPtr& collection) const;
  void search(const collection::WriteUnit& unit, const catalog::CollectionPtr& collection,
              Operation& op);

  const PlanServices services_;
  Operation* const operation_;
  const bson::ValueView hint_;
  std::unique_ptr<query::Collation> own_collation_;
  const query::Collation* collation_ = nullptr;
  const query::SearchScope search_;
  query::QueryContext context_;
  std::string let_;
  const bool let_bound_;  // between let_ and the filter that is parsed with it
  query::Matcher matcher_;
  std::optional<query::SortPattern> sort_;
  RecordSourcePtr source_;
  storage::Position version_;  // of the collection that source_ was planned for
  std::deque<RecordId> queue_;
  std::vector<RecordId> unit_handled_;
  std::unordered_set<std::uint64_t> handled_;
  bool exhausted_ = false;
};

}  // namespace freshet::pipeline
