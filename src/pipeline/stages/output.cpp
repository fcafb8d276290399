// SPDX-License-Identifier: Apache-2.0
// $out and $merge: the end of a pipeline that writes. The stage hands its documents on; what is to
// become of them is told by StageSpec::output().
#include "pipeline/output.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "pipeline/stages/stages.h"
#include "query/expression/expression.h"
#include "query/path.h"

namespace freshet::pipeline {
namespace {

class OutputStage final : public ExplainedStage {
 public:
  using ExplainedStage::ExplainedStage;
  std::optional<bson::View> next(Operation& op) override { return source().next(op); }
};

class OutputSpec final : public StageSpec {
 public:
  OutputSpec(const StageTraits& traits, bson::Element body, OutputOptions options)
      : StageSpec(traits, body), options_(std::move(options)) {}
  StagePtr build(StagePtr source, BuildContext&) const override {
    return std::make_unique<OutputStage>(std::move(source), *this);
  }
  const OutputOptions* output() const override { return &options_; }
  void add_other_collections(std::vector<OtherCollection>& out) const override {
    out.push_back({options_.database, options_.collection, true});
  }

 private:
  OutputOptions options_;
};

std::string_view text_of(std::string_view stage, bson::Element element) {
  if (!element.is_string()) {
    raise(ErrorCode::TypeMismatch, "'{}.{}' must be a string, found {}", stage, element.name(),
          bson::type_alias(element.type()));
  }
  return element.as_string();
}

void check_target(std::string_view stage, const OutputOptions& target) {
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
OutputOptions read_target(std::string_view stage, bson::ValueView spec,
                          const PipelineContext& context) {
  OutputOptions target;
  target.database = context.database;
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

std::vector<std::string> read_on(bson::Element on) {
  std::vector<std::string> out;
  if (on.is_string()) {
    out.emplace_back(on.as_string());
  } else if (on.is_array() && !on.as_document().empty()) {
    for (const auto& field : on.as_document()) {
      if (!field.is_string()) raise(location(51134), "$merge 'on' array elements must be strings");
      out.emplace_back(field.as_string());
    }
  } else if (on.is_array()) {
    raise(location(51187), "If explicitly specifying $merge 'on', it must hold a field at least");
  } else {
    raise(location(51186), "$merge 'on' field must be either a string or an array of strings");
  }
  for (auto at = out.begin(); at != out.end(); ++at) {
    query::check_field_path(*at);
    if (std::find(out.begin(), at, *at) != at)
      raise(location(31465), "Found a duplicate field '{}' in the $merge 'on' list", *at);
  }
  return out;
}

[[noreturn]] void refuse_choice(bson::Element element) {
  raise(ErrorCode::BadValue, "Enumeration value for field '$merge.{}' is not a valid value",
        element.name());
}

void read_when_matched(bson::Element element, OutputOptions& out) {
  using When = OutputOptions::WhenMatched;
  if (element.is_array()) {
    out.when_matched = When::Pipeline;
    out.pipeline = element.as_document().to_string();
    return;
  }
  if (!element.is_string()) {
    raise(location(51191), "$merge 'whenMatched' must be either a string or an array, found {}",
          bson::type_alias(element.type()));
  }
  struct Choice {
    std::string_view name;
    When when;
  };
  constexpr Choice kChoices[] = {{"merge", When::Merge},
                                 {"replace", When::Replace},
                                 {"keepExisting", When::KeepExisting},
                                 {"fail", When::Fail}};
  for (const Choice& choice : kChoices) {
    if (choice.name != element.as_string()) continue;
    out.when_matched = choice.when;
    return;
  }
  refuse_choice(element);
}

void read_when_not_matched(bson::Element element, OutputOptions& out) {
  using When = OutputOptions::WhenNotMatched;
  const std::string_view name = text_of("$merge", element);
  if (name == "insert") {
    out.when_not_matched = When::Insert;
  } else if (name == "discard") {
    out.when_not_matched = When::Discard;
  } else if (name == "fail") {
    out.when_not_matched = When::Fail;
  } else {
    refuse_choice(element);
  }
}

void check_combination(const OutputOptions& options) {
  using Matched = OutputOptions::WhenMatched;
  using NotMatched = OutputOptions::WhenNotMatched;
  const bool useless = options.when_not_matched == NotMatched::Discard &&
                       options.when_matched == Matched::KeepExisting;
  const bool fails =
      options.when_matched == Matched::KeepExisting && options.when_not_matched == NotMatched::Fail;
  const bool fail_both =
      options.when_matched == Matched::Fail && options.when_not_matched != NotMatched::Insert;
  if (useless || fails || fail_both) {
    raise(location(51181),
          "Combination of $merge modes 'whenMatched' and 'whenNotMatched' is not "
          "supported");
  }
}

void read_let(bson::Element let, const PipelineContext& context, OutputOptions& out) {
  if (out.when_matched != OutputOptions::WhenMatched::Pipeline)
    raise(location(51199),
          "Cannot use 'let' variables with a 'whenMatched' mode that is no pipeline");
  if (!let.is_document()) {
    raise(ErrorCode::TypeMismatch, "'$merge.let' must be an object, found {}",
          bson::type_alias(let.type()));
  }
  for (const bson::Element& variable : let.as_document()) {
    query::check_user_variable(variable.name());
    const bool root = variable.is_string() && variable.as_string() == "$$ROOT";
    if (variable.name() == "new" && !root) {
      raise(location(51273),
            "'let' may not define a value for the reserved 'new' variable other than '$$ROOT'");
    }
    static_cast<void>(query::CompiledExpression(variable, context.query));
  }
  out.let = let.as_document().to_string();
}

void check_names(bson::View body) {
  for (const auto& element : body) {
    bool known = false;
    for (const std::string_view name : {"into", "on", "let", "whenMatched", "whenNotMatched"}) {
      known = known || element.name() == name;
    }
    if (!known)
      raise(ErrorCode::Location40415, "BSON field '$merge.{}' is an unknown field", element.name());
  }
}

OutputOptions read_merge(bson::View body, const PipelineContext& context) {
  check_names(body);
  const bson::Element into = body["into"];
  if (!into) raise(location(40414), "BSON field '$merge.into' is missing but a required field");
  if (!into.is_string() && !into.is_document()) {
    raise(location(51178), "$merge 'into' field must be either a string or an object");
  }
  OutputOptions out = read_target("$merge", into, context);
  if (const bson::Element on = body["on"]) out.on = read_on(on);
  if (const bson::Element matched = body["whenMatched"]) read_when_matched(matched, out);
  if (const bson::Element rest = body["whenNotMatched"]) read_when_not_matched(rest, out);
  check_combination(out);
  if (const bson::Element let = body["let"]) read_let(let, context, out);
  return out;
}

}  // namespace

void parse_out(const StageTraits& traits, bson::Element body, const PipelineContext& context,
               Pipeline& out) {
  if (!body.is_string() && !body.is_document()) {
    raise(ErrorCode::TypeMismatch, "$out only supports a string or object argument, but found {}",
          bson::type_alias(body.type()));
  }
  OutputOptions options = read_target("$out", body, context);
  options.kind = OutputOptions::Kind::Out;
  out.push_back(std::make_unique<OutputSpec>(traits, body, std::move(options)));
}

void parse_merge(const StageTraits& traits, bson::Element body, const PipelineContext& context,
                 Pipeline& out) {
  if (!body.is_string() && !body.is_document()) {
    raise(location(51182), "$merge only supports a string or object argument, not {}",
          bson::type_alias(body.type()));
  }
  OutputOptions options = body.is_string() ? read_target("$merge", body, context)
                                           : read_merge(body.as_document(), context);
  options.kind = OutputOptions::Kind::Merge;
  out.push_back(std::make_unique<OutputSpec>(traits, body, std::move(options)));
}

}  // namespace freshet::pipeline
