// SPDX-License-Identifier: Apache-2.0
// A query answers the same with and without each index and each rule of the planner, when its plan
// is saved and restored after every row. Random queries over random documents; a failure names its
// seed.
//
// FRESHET_SEED and FRESHET_ROUNDS make it another run, or a longer one.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <optional>
#include <set>

#include "bson/key.h"
#include "pipeline/plan/plan_testing.h"
#include "pipeline/plan/random_queries_testing.h"
#include "pipeline/plan/statement_records.h"
#include "query/sort.h"

namespace freshet::pipeline {
namespace {

constexpr int kDocuments = 40;
constexpr int kQueries = 60;

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

PlannerRules no_rules() {
  return {.indexes = false,
          .id_lookup = false,
          .unions = false,
          .order = false,
          .merges = false,
          .entries = false,
          .key_filters = false,
          .exact = false,
          .expressions = false,
          .estimates = false};
}

struct Rule {
  const char* name;
  bool PlannerRules::*flag;
};

constexpr Rule kRules[] = {
    {"id_lookup", &PlannerRules::id_lookup}, {"unions", &PlannerRules::unions},
    {"order", &PlannerRules::order},         {"merges", &PlannerRules::merges},
    {"entries", &PlannerRules::entries},     {"key_filters", &PlannerRules::key_filters},
    {"exact", &PlannerRules::exact},         {"expressions", &PlannerRules::expressions},
    {"estimates", &PlannerRules::estimates},
};

class DifferentialTest : public PlanTest {
 protected:
  /// What a find gave: whole documents as bytes, or nothing when it failed.
  using Answer = std::optional<std::vector<std::string>>;

  struct Query {
    FindText text;
    std::string collation;
    std::string hint;
    bool counts = false;
    std::string distinct;
  };

  Answer answer(const Query& query) {
    const auto find = find_of(query.text);
    const std::string collation = bson::from_json(query.collation);
    find->spec.collation = bson::View(collation);
    find->spec.collation_given = !find->spec.collation.empty();
    find->spec.counts = query.counts;
    find->spec.distinct = query.distinct;
    const std::string hint = bson::from_json("{\"h\": \"" + query.hint + "\"}");
    if (!query.hint.empty()) find->spec.hint = bson::View(hint)["h"];
    std::vector<std::string> out;
    try {
      const auto plan = plan_find(services(), find->spec, op_);
      while (const auto document = plan->root().next(op_)) {
        out.push_back(document->to_string());
        plan->root().save();
        reader_ = plan->open_reader();
        plan->root().restore(*reader_);
      }
    } catch (const Error& error) {
      last_error_ = error.message();
      return std::nullopt;
    }
    return out;
  }

  Answer answer(const Query& query, const PlannerRules& rules) {
    rules_ = rules;
    return answer(query);
  }

  std::string plan_of(const Query& query) {
    const auto find = find_of(query.text);
    find->spec.telling = Telling::Plan;
    const std::string collation = bson::from_json(query.collation);
    find->spec.collation = bson::View(collation);
    find->spec.collation_given = !find->spec.collation.empty();
    find->spec.counts = query.counts;
    find->spec.distinct = query.distinct;
    bson::Builder out;
    StageText text(out, false);
    plan_find(services(), find->spec, op_)->explain(text);
    const std::string bytes = out.take();
    return bson::to_json(bson::View(bytes));
  }

  static std::vector<std::string> sorted(std::vector<std::string> documents) {
    std::sort(documents.begin(), documents.end());
    return documents;
  }

  /// The sort keys of whole documents, in their order.
  std::vector<std::string> keys(const std::vector<std::string>& documents, const Query& query) {
    const std::string spec = bson::from_json(query.text.sort);
    const query::SortPattern pattern{bson::View(spec)};
    const std::string collation = bson::from_json(query.collation);
    const auto order =
        bson::View(collation).empty() ? nullptr : query::parse_collation(bson::View(collation));
    std::vector<std::string> out;
    for (const std::string& document : documents)
      out.push_back(pattern.key(bson::View(document), order.get()));
    return out;
  }

  std::string describe(const Query& query, const std::string& how) {
    return how + "\n  filter " + query.text.filter + "\n  sort " + query.text.sort +
           "\n  projection " + query.text.projection + "\n  skip " +
           std::to_string(query.text.skip) + " limit " + std::to_string(query.text.limit) +
           " collation " + query.collation + " hint '" + query.hint + "' distinct '" +
           query.distinct + "'\n  plan " + plan_of(query);
  }

  /// Without a limit the same documents; in the order of the sort.
  void compare_all(const Query& query, const std::vector<std::string>& expected,
                   const std::string& how) {
    const Answer got = answer(query);
    ASSERT_TRUE(got) << last_error_ << "\n" << describe(query, how);
    ASSERT_TRUE(sorted(*got) == sorted(expected))
        << describe(query, how) << difference("missing", expected, *got)
        << difference("too many", *got, expected);
    if (query.text.sort != "{}" && query.text.projection == "{}") {
      ASSERT_TRUE(keys(*got, query) == keys(expected, query)) << describe(query, "order, " + how);
    }
  }

  /// With one: as many, out of those that match, with the same sort keys.
  void compare_some(const Query& query, const std::vector<std::string>& all,
                    const std::vector<std::string>& expected, const std::string& how) {
    const Answer got = answer(query);
    ASSERT_TRUE(got) << last_error_ << "\n" << describe(query, how);
    ASSERT_EQ(got->size(), expected.size()) << describe(query, how);
    const std::vector<std::string> known = sorted(all);
    const std::vector<std::string> given = sorted(*got);
    ASSERT_TRUE(std::includes(known.begin(), known.end(), given.begin(), given.end()))
        << describe(query, how);
    if (query.text.sort != "{}") {
      ASSERT_TRUE(keys(*got, query) == keys(expected, query)) << describe(query, "order, " + how);
    }
  }

  /// Some of what `a` has and `b` has not.
  static std::string difference(const char* what, const std::vector<std::string>& a,
                                const std::vector<std::string>& b) {
    std::vector<std::string> only;
    const std::vector<std::string> in_a = sorted(a);
    const std::vector<std::string> in_b = sorted(b);
    std::set_difference(in_a.begin(), in_a.end(), in_b.begin(), in_b.end(),
                        std::back_inserter(only));
    std::string out = "\n  " + std::string(what) + ": " + std::to_string(only.size());
    for (std::size_t i = 0; i < only.size() && i < 3; ++i)
      out += "\n    " + bson::to_json(bson::View(only[i]), bson::JsonMode::Canonical);
    return out;
  }

  /// Every set of rules that is compared: all, and all but one.
  std::vector<std::pair<std::string, PlannerRules>> rule_sets() {
    std::vector<std::pair<std::string, PlannerRules>> out{{"all rules", {}}};
    for (const Rule& rule : kRules) {
      PlannerRules rules;
      rules.*rule.flag = false;
      out.emplace_back(std::string("without ") + rule.name, rules);
    }
    return out;
  }

  void check_find(const Query& query) {
    const Answer expected = answer(query, no_rules());
    if (!expected) return;
    for (const auto& [name, rules] : rule_sets()) {
      rules_ = rules;
      compare_all(query, *expected, name);
      if (HasFatalFailure()) return;
    }
    check_window(query);
  }

  void check_window(Query query) {
    query.text.projection = "{}";
    const Answer all = answer(query, no_rules());
    query.text.skip = static_cast<std::int64_t>(queries_->below(4));
    query.text.limit = 1 + static_cast<std::int64_t>(queries_->below(6));
    const Answer expected = answer(query, no_rules());
    if (!all || !expected) return;
    for (const auto& [name, rules] : rule_sets()) {
      rules_ = rules;
      compare_some(query, *all, *expected, name);
      if (HasFatalFailure()) return;
    }
  }

  void check_count(Query query) {
    query.text.sort = query.text.projection = "{}";
    const Answer expected = answer(query, no_rules());
    if (!expected) return;
    query.counts = true;
    for (const auto& [name, rules] : rule_sets()) {
      const Answer got = answer(query, rules);
      ASSERT_TRUE(got) << last_error_ << "\n" << describe(query, name);
      ASSERT_EQ(got->size(), expected->size()) << describe(query, "count, " + name);
    }
  }

  /// The values at the path, arrays opened, as the command collects them.
  static std::set<std::string> values_in(const std::vector<std::string>& documents,
                                         std::string_view path) {
    std::set<std::string> out;
    for (const std::string& document : documents) {
      const bson::Element value = bson::View(document).at_path(path);
      if (value.missing()) continue;
      if (!value.is_array()) {
        add_key(out, value);
        continue;
      }
      for (const bson::Element& element : value.as_document())
        add_key(out, element);
    }
    return out;
  }
  static void add_key(std::set<std::string>& out, bson::ValueView value) {
    std::string key;
    bson::append_key(key, value);
    out.insert(std::move(key));
  }

  void check_distinct(Query query) {
    query.text.sort = query.text.projection = "{}";
    query.collation = "{}";
    const Answer all = answer(query, no_rules());
    if (!all) return;
    for (const char* path : {"a", "b", "s", "u"}) {
      query.distinct = path;
      const Answer got = answer(query, PlannerRules());
      ASSERT_TRUE(got) << last_error_ << "\n" << describe(query, "distinct");
      ASSERT_TRUE(values_in(*got, path) == values_in(*all, path)) << describe(query, "distinct");
    }
  }

  void check_hints(Query query) {
    const catalog::CollectionPtr held = collection();
    query.text.projection = "{}";
    const Answer expected = answer(query, no_rules());
    if (!expected) return;
    for (const catalog::IndexPtr& index : held->indexes) {
      // These may be asked for although they do not hold every document.
      if (index->sparse || index->partial || index->wildcard) continue;
      query.hint = index->name;
      rules_ = {};
      compare_all(query, *expected, "hint");
      if (HasFatalFailure()) return;
    }
  }

  /// What an update or delete would take.
  void check_statement(const Query& query) {
    const std::string filter = filter_from_json(query.text.filter);
    const std::string sort = bson::from_json(query.text.sort);
    const auto picked = [&](const PlannerRules& rules) {
      rules_ = rules;
      const collection::WriteUnit unit = data().begin();
      StatementRecords records(services(), {.filter = bson::View(filter)}, collection(), op_);
      std::set<std::uint64_t> ids;
      while (const auto record = records.pick_next(unit, collection(), op_))
        ids.insert(collection::value_of(record->id));
      return ids;
    };
    const auto first_key = [&](const PlannerRules& rules) {
      rules_ = rules;
      const collection::WriteUnit unit = data().begin();
      StatementRecords records(services(), {.filter = bson::View(filter), .sort = bson::View(sort)},
                               collection(), op_);
      const auto record = records.pick_first(unit, collection(), op_);
      if (!record) return std::string();
      return query::SortPattern(bson::View(sort)).key(bson::View(record->document));
    };
    try {
      const auto expected = picked(no_rules());
      const std::string expected_key = first_key(no_rules());
      ASSERT_EQ(picked({}), expected) << describe(query, "statement");
      ASSERT_EQ(first_key({}), expected_key) << describe(query, "first of a statement");
    } catch (const Error&) {
      return;
    }
  }

  void fill() {
    data().ddl().ensure_collection(ns());
    indexes_.clear();
    for (const std::string& spec : queries_->indexes()) {
      index(spec);
      indexes_ += "\n  " + spec;
    }
    for (int i = 0; i < kDocuments; ++i) {
      try {
        (void)insert(queries_->document(i));
      } catch (const Error&) {
        continue;  // parallel arrays, an array in a hashed index …
      }
    }
  }

  void round(std::uint64_t seed) {
    SCOPED_TRACE("FRESHET_SEED=" + std::to_string(seed) + " FRESHET_ROUNDS=1");
    queries_.emplace(seed);
    data().ddl().drop_collection(ns());
    fill();
    SCOPED_TRACE("indexes" + indexes_);
    for (int i = 0; i < kQueries && !HasFatalFailure(); ++i) {
      Query query{.text = {.filter = queries_->filter(),
                           .sort = queries_->sort(),
                           .projection = queries_->projection()},
                  .collation = queries_->collation()};
      check_find(query);
      if (HasFatalFailure()) return;
      if (i % 3 == 0) check_count(query);
      if (i % 5 == 0) check_distinct(query);
      if (i % 4 == 0) check_hints(query);
      if (i % 4 == 1) check_statement(query);
    }
    expect_consistent();
  }

  std::optional<RandomQueries> queries_;
  std::string indexes_;
  std::string last_error_;
};

TEST_F(DifferentialTest, AnswersDependOnDocumentsOnly) {
  const std::uint64_t seed = number_from("FRESHET_SEED", 1);
  const std::uint64_t rounds = number_from("FRESHET_ROUNDS", 25);
  for (std::uint64_t i = 0; i < rounds && !HasFailure(); ++i)
    round(seed + i);
}

}  // namespace
}  // namespace freshet::pipeline
