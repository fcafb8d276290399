// SPDX-License-Identifier: Apache-2.0
// $out and $merge: the end of a pipeline that writes. They give no documents.
#include <string>

#include "base/error.h"
#include "base/operation.h"
#include "pipeline/stages/stages.h"

namespace freshet::pipeline {
namespace {

struct Target {
  std::string database;
  std::string collection;
};

class OutputStage final : public ExplainedStage {
 public:
  OutputStage(StagePtr source, const StageSpec& spec, std::unique_ptr<CollectionOutput> output)
      : ExplainedStage(std::move(source), spec), output_(std::move(output)) {}
  std::optional<bson::View> next(Operation& op) override {
    if (output_ == nullptr) return std::nullopt;
    while (const auto document = source().next(op)) {
      op.check();
      output_->write(op, *document);
    }
    output_->finish(op);
    output_.reset();
    return std::nullopt;
  }

 private:
  std::unique_ptr<CollectionOutput> output_;
};

class OutSpec final : public StageSpec {
 public:
  OutSpec(const StageTraits& traits, bson::Element body, Target target)
      : StageSpec(traits, body), target_(std::move(target)) {}
  StagePtr build(StagePtr source, BuildContext& context) const override {
    if (context.collections == nullptr)
      raise(ErrorCode::IllegalOperation, "$out needs collections");
    return std::make_unique<OutputStage>(
        std::move(source), *this,
        context.collections->replace(target_.database, target_.collection));
  }
  void add_other_collections(std::vector<OtherCollection>& out) const override {
    out.push_back({target_.database, target_.collection, true});
  }

 private:
  Target target_;
};

class MergeSpec final : public StageSpec {
 public:
  MergeSpec(const StageTraits& traits, bson::Element body, Target target, std::string normalised)
      : StageSpec(traits, body), target_(std::move(target)), normalised_(std::move(normalised)) {}
  StagePtr build(StagePtr source, BuildContext& context) const override {
    if (context.collections == nullptr)
      raise(ErrorCode::IllegalOperation, "$merge needs collections");
    const MergeOptions options{bson::View(normalised_)};
    return std::make_unique<OutputStage>(
        std::move(source), *this,
        context.collections->merge(target_.database, target_.collection, options));
  }
  void add_other_collections(std::vector<OtherCollection>& out) const override {
    out.push_back({target_.database, target_.collection, true});
  }

 private:
  Target target_;
  std::string normalised_;
};

std::string_view text_of(std::string_view stage, bson::Element element) {
  if (!element.is_string()) {
    raise(ErrorCode::TypeMismatch, "'{}.{}' must be a string, found {}", stage, element.name(),
          bson::type_alias(element.type()));
  }
  return element.as_string();
}

void check_target(std::string_view stage, const Target& target) {
  if (target.collection.empty() || target.database.empty()) {
    raise(ErrorCode::InvalidNamespace,
          "invalid {} target, there must be a database and a collection", stage);
  }
  if (target.collection.starts_with("system.") ||
      target.collection.find('$') != std::string::npos) {
    raise(location(17385), "can't {} to special collection: {}", stage, target.collection);
  }
}

/// "collection" or {db, coll}.
Target read_target(std::string_view stage, bson::ValueView spec, const PipelineContext& context) {
  Target target{context.database, {}};
  if (spec.is_string()) {
    target.collection = spec.as_string();
  } else {
    for (const auto& element : spec.as_document()) {
      if (element.name() == "db") {
        target.database = text_of(stage, element);
      } else if (element.name() == "coll") {
        target.collection = text_of(stage, element);
      } else {
        raise(ErrorCode::Location40415, "BSON field '{}.{}' is an unknown field", stage,
              element.name());
      }
    }
    if (!spec.as_document()["coll"])
      raise(location(40414), "BSON field '{}.coll' is missing", stage);
  }
  check_target(stage, target);
  return target;
}

void check_choice(bson::Element element, std::initializer_list<std::string_view> choices) {
  if (element.is_string()) {
    for (const auto choice : choices) {
      if (element.as_string() == choice) return;
    }
  }
  raise(ErrorCode::BadValue, "'$merge.{}' has a value that is not known", element.name());
}

/// `on` as an array of field names, the rest with its defaults.
std::string normalise(bson::View body) {
  bson::Builder out;
  bson::Element on = body["on"];
  out.open_array("on");
  if (!on) {
    out.push("_id");
  } else if (on.is_string()) {
    out.push(on.as_string());
  } else if (on.is_array() && !on.as_document().empty()) {
    for (const auto& field : on.as_document()) {
      if (!field.is_string()) raise(location(51134), "$merge 'on' array elements must be strings");
      out.push(field.as_string());
    }
  } else {
    raise(location(51186), "$merge 'on' field must be either a string or an array of strings");
  }
  out.close();
  const bson::Element matched = body["whenMatched"];
  if (!matched) {
    out.add("whenMatched", "merge");
  } else if (matched.is_array()) {
    out.add("whenMatched", matched.value());
  } else {
    check_choice(matched, {"replace", "keepExisting", "merge", "fail"});
    out.add("whenMatched", matched.value());
  }
  const bson::Element not_matched = body["whenNotMatched"];
  if (not_matched) check_choice(not_matched, {"insert", "discard", "fail"});
  out.add("whenNotMatched", not_matched ? not_matched.as_string() : std::string_view("insert"));
  const bson::Element let = body["let"];
  if (let) {
    if (!matched.is_array())
      raise(location(51199), "cannot use 'let' variables without a 'whenMatched' pipeline");
    out.add("let", let.value());
  }
  return out.take();
}

}  // namespace

void parse_out(const StageTraits& traits, bson::Element body, const PipelineContext& context,
               Pipeline& out) {
  if (!body.is_string() && !body.is_document()) {
    raise(ErrorCode::TypeMismatch, "$out only supports a string or object argument, but found {}",
          bson::type_alias(body.type()));
  }
  out.push_back(std::make_unique<OutSpec>(traits, body, read_target("$out", body, context)));
}

void parse_merge(const StageTraits& traits, bson::Element body, const PipelineContext& context,
                 Pipeline& out) {
  if (body.is_string()) {
    Target target = read_target("$merge", body, context);
    out.push_back(
        std::make_unique<MergeSpec>(traits, body, std::move(target), normalise(bson::View())));
    return;
  }
  if (!body.is_document()) {
    raise(location(51182), "$merge only supports a string or object argument, not {}",
          bson::type_alias(body.type()));
  }
  for (const auto& element : body.as_document()) {
    bool known = false;
    for (const std::string_view name : {"into", "on", "let", "whenMatched", "whenNotMatched"}) {
      known = known || element.name() == name;
    }
    if (!known)
      raise(ErrorCode::Location40415, "BSON field '$merge.{}' is an unknown field", element.name());
  }
  const bson::Element into = body.as_document()["into"];
  if (!into) raise(location(40414), "BSON field '$merge.into' is missing but a required field");
  if (!into.is_string() && !into.is_document()) {
    raise(location(51178), "$merge 'into' field must be either a string or an object");
  }
  Target target = read_target("$merge", into, context);
  out.push_back(
      std::make_unique<MergeSpec>(traits, body, std::move(target), normalise(body.as_document())));
}

}  // namespace freshet::pipeline
