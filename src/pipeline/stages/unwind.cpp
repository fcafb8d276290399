// SPDX-License-Identifier: Apache-2.0
// $unwind: one document for each element of an array.
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/operation.h"
#include "pipeline/stages/set_path.h"
#include "pipeline/stages/stages.h"
#include "query/path.h"

namespace freshet::pipeline {
namespace {

struct UnwindOptions {
  std::string path;
  std::string index_path;  // empty: none
  bool preserve = false;
};

class UnwindStage final : public ExplainedStage {
 public:
  UnwindStage(StagePtr source, const StageSpec& spec, const UnwindOptions& options)
      : ExplainedStage(std::move(source), spec), options_(options) {}

  std::optional<bson::View> next(Operation& op) override {
    for (;;) {
      op.check();
      if (at_ != end_) {
        const bson::Element element = *at_;
        ++at_;
        return give(element, index_++);
      }
      const auto document = source().next(op);
      if (!document) return std::nullopt;
      const bson::Element value = document->at_path(options_.path);
      if (!value.is_array()) {
        if (value.nullish() && !options_.preserve) continue;
        if (options_.index_path.empty()) return document;
        return with_index(document->to_string(), std::nullopt);
      }
      if (value.as_document().empty()) {
        if (!options_.preserve) continue;
        return with_index(with_path(*document, options_.path, {}), std::nullopt);
      }
      document_ = document->to_string();
      const bson::View array = bson::View(document_).at_path(options_.path).as_document();
      at_ = array.begin();
      end_ = array.end();
      index_ = 0;
    }
  }

 private:
  bson::View give(const bson::Element& element, std::int64_t index) {
    return with_index(with_path(bson::View(document_), options_.path, element), index);
  }

  bson::View with_index(std::string document, std::optional<std::int64_t> index) {
    current_ = std::move(document);
    if (!options_.index_path.empty()) {
      const char none = 0;
      char raw[8];
      store_le(raw, index.value_or(0));
      const bson::ValueView value = index ? bson::ValueView(bson::Type::Int64, raw, sizeof raw)
                                          : bson::ValueView(bson::Type::Null, &none, 0);
      current_ = with_path(bson::View(current_), options_.index_path, value);
    }
    return bson::View(current_);
  }

  const UnwindOptions& options_;
  std::string document_;
  std::string current_;
  bson::View::Iterator at_;
  bson::View::Iterator end_;
  std::int64_t index_ = 0;
};

class UnwindSpec final : public StageSpec {
 public:
  UnwindSpec(const StageTraits& traits, bson::Element body, UnwindOptions options)
      : StageSpec(traits, body), options_(std::move(options)) {}
  StagePtr build(StagePtr source, BuildContext&) const override {
    return std::make_unique<UnwindStage>(std::move(source), *this, options_);
  }

 private:
  const UnwindOptions options_;
};

std::string read_path(bson::ValueView value) {
  if (!value.is_string()) {
    raise(location(28808), "expected a string as the path for $unwind stage, got {}",
          bson::type_alias(value.type()));
  }
  const std::string_view path = value.as_string();
  if (path.empty()) raise(location(28812), "no path specified to $unwind stage");
  if (path.front() != '$')
    raise(location(28818), "path option to $unwind stage should be prefixed with a '$': {}", path);
  query::check_field_path(path.substr(1));
  return std::string(path.substr(1));
}

UnwindOptions read_options(bson::View spec) {
  UnwindOptions out;
  for (const bson::Element& element : spec) {
    if (element.name() == "path") {
      out.path = read_path(element);
    } else if (element.name() == "preserveNullAndEmptyArrays") {
      if (element.type() != bson::Type::Bool) {
        raise(
            location(28809),
            "expected a boolean for the preserveNullAndEmptyArrays option to $unwind stage, got {}",
            bson::type_alias(element.type()));
      }
      out.preserve = element.as_bool();
    } else if (element.name() == "includeArrayIndex") {
      if (!element.is_string() || element.as_string().empty()) {
        raise(location(28810),
              "expected a non-empty string for the includeArrayIndex option to $unwind stage");
      }
      if (element.as_string().front() == '$') {
        raise(location(28822),
              "includeArrayIndex option to $unwind stage should not be prefixed with a '$': {}",
              element.as_string());
      }
      query::check_field_path(element.as_string());
      out.index_path = element.as_string();
    } else {
      raise(location(28811), "unrecognized option to $unwind stage: {}", element.name());
    }
  }
  if (out.path.empty()) raise(location(28812), "no path specified to $unwind stage");
  return out;
}

}  // namespace

void parse_unwind(const StageTraits& traits, bson::Element body, const PipelineContext&,
                  Pipeline& out) {
  UnwindOptions options;
  if (body.is_string()) {
    options.path = read_path(body);
  } else if (body.is_document()) {
    options = read_options(body.as_document());
  } else {
    raise(location(15981),
          "expected either a string or an object as specification for $unwind stage, got {}",
          bson::type_alias(body.type()));
  }
  out.push_back(std::make_unique<UnwindSpec>(traits, body, std::move(options)));
}

}  // namespace freshet::pipeline
