// SPDX-License-Identifier: Apache-2.0
// Plans over collections in memory, for tests.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bson/builder.h"
#include "bson/json.h"
#include "catalog/history.h"
#include "collection/testing.h"
#include "oplog/image_policy.h"
#include "pipeline/plan/query_plan.h"

namespace freshet::pipeline {

/// A filter from Extended JSON, which takes some operators for types: they are written with an @
/// for the $.
inline std::string filter_from_json(std::string_view json) {
  struct Renaming {
    static void add(bson::Builder& out, bson::View document) {
      for (const bson::Element& field : document) {
        std::string name(field.name());
        if (name.starts_with('@')) name[0] = '$';
        if (field.is_document()) {
          add(out.open_document(name), field.as_document());
          out.close();
        } else if (field.is_array()) {
          add(out.open_array(name), field.as_document());
          out.close();
        } else {
          out.add(name, field.value());
        }
      }
    }
  };
  const std::string parsed = bson::from_json(json);
  bson::Builder out;
  Renaming::add(out, bson::View(parsed));
  return out.take();
}

/// A find in words: Extended JSON in every field (see filter_from_json()), empty for none.
struct FindText {
  std::string filter = "{}";
  std::string sort = "{}";
  std::string projection = "{}";
  std::int64_t skip = 0;
  std::int64_t limit = 0;
};

class PlanTest : public collection::DataTest {
 protected:
  PlanServices services() {
    if (!image_ages_) {
      images_ = std::make_unique<oplog::ImagePolicy>(store_, data().commits());
      image_ages_ = std::make_unique<catalog::ImageAges>(*images_, data().catalog(), clock_);
    }
    return {.store = store_,
            .commits = data().commits(),
            .catalog = data().catalog(),
            .clock = clock_,
            .random = random_,
            .image_ages = *image_ages_,
            .rules = rules_};
  }

  /// Owns what a FindSpec borrows.
  struct Find {
    std::string filter, sort, projection;
    FindSpec spec;
  };
  std::unique_ptr<Find> find_of(const FindText& text) {
    auto find = std::make_unique<Find>();
    find->filter = filter_from_json(text.filter);
    find->sort = bson::from_json(text.sort);
    find->projection = bson::from_json(text.projection);
    find->spec.ns = ns();
    find->spec.filter = bson::View(find->filter);
    find->spec.sort = bson::View(find->sort);
    find->spec.projection = bson::View(find->projection);
    find->spec.skip = text.skip;
    find->spec.limit = text.limit;
    return find;
  }

  /// Saved and restored after every document.
  std::vector<std::string> run(QueryPlan& plan) {
    std::vector<std::string> documents;
    while (const auto document = plan.root().next(op_)) {
      documents.push_back(bson::to_json(*document));
      plan.root().save();
      reader_ = plan.open_reader();
      plan.root().restore(*reader_);
    }
    return documents;
  }
  std::vector<std::string> run(const FindText& text) {
    const auto find = find_of(text);
    return run(*plan_find(services(), find->spec, op_));
  }

  /// queryPlanner.winningPlan as JSON.
  std::string explain(const FindText& text) {
    const auto find = find_of(text);
    find->spec.telling = Telling::Plan;
    bson::Builder out;
    StageText text_out(out, false);
    plan_find(services(), find->spec, op_)->explain(text_out);
    const std::string bytes = out.take();
    return bson::to_json(bson::View(bytes));
  }

  PlannerRules rules_;
  std::unique_ptr<oplog::ImagePolicy> images_;
  std::unique_ptr<catalog::ImageAges> image_ages_;
  Operation op_{clock_, 1, std::make_shared<ClientInfo>()};
  std::shared_ptr<const storage::Reader> reader_;  // shared: as Execution gives it
};

}  // namespace freshet::pipeline
