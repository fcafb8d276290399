// SPDX-License-Identifier: Apache-2.0
// $facet: several pipelines over the same documents, their results side by side in one document.
#include <string>
#include <vector>

#include "base/error.h"
#include "base/operation.h"
#include "pipeline/kept_metadata.h"
#include "pipeline/spill/document_list.h"
#include "pipeline/stages/stages.h"

namespace freshet::pipeline {
namespace {

struct Facet {
  std::string name;
  Pipeline pipeline;
};

/// Gives every facet the same buffered documents.
class BufferSource final : public Stage {
 public:
  BufferSource(const DocumentList& documents, const KeptMetadata& kept)
      : documents_(documents), kept_(kept) {}
  std::optional<bson::View> next(Operation&) override {
    if (position_ == documents_.size()) return std::nullopt;
    return kept_.unpack(documents_.at(position_++, buffer_));
  }

 private:
  const DocumentList& documents_;
  const KeptMetadata& kept_;
  std::size_t position_ = 0;
  std::string buffer_;
};

class FacetStage final : public ExplainedStage {
 public:
  FacetStage(StagePtr source, const StageSpec& spec, const std::vector<Facet>& facets,
             BuildContext& context)
      : ExplainedStage(std::move(source), spec),
        facets_(facets),
        context_(context),
        kept_(context.query.metadata),
        documents_("$facet", context.spill) {}

  std::optional<bson::View> next(Operation& op) override {
    if (done_) return std::nullopt;
    done_ = true;
    while (const auto document = source().next(op)) {
      op.check();
      documents_.add(kept_.pack(*document));
    }
    bson::Builder out;
    for (const Facet& facet : facets_)
      run(op, facet, out);
    result_ = out.take();
    documents_.clear();
    return bson::View(result_);
  }

 private:
  void run(Operation& op, const Facet& facet, bson::Builder& out) {
    const StagePtr root = build_pipeline(
        facet.pipeline, 0, std::make_unique<BufferSource>(documents_, kept_), context_);
    out.open_array(facet.name);
    while (const auto document = root->next(op)) {
      op.check();
      out.push(*document);
      if (out.size_bytes() > kFacetBytesMax) {
        raise(location(4031700), "document constructed by $facet is more than {} bytes",
              kFacetBytesMax);
      }
    }
    out.close();
  }

  const std::vector<Facet>& facets_;
  BuildContext& context_;
  KeptMetadata kept_;
  DocumentList documents_;
  std::string result_;
  bool done_ = false;
};

class FacetSpec final : public StageSpec {
 public:
  FacetSpec(const StageTraits& traits, bson::Element body, std::vector<Facet> facets)
      : StageSpec(traits, body), facets_(std::move(facets)) {}
  StagePtr build(StagePtr source, BuildContext& context) const override {
    return std::make_unique<FacetStage>(std::move(source), *this, facets_, context);
  }
  void add_other_collections(std::vector<OtherCollection>& out) const override {
    for (const Facet& facet : facets_) {
      for (const auto& stage : facet.pipeline)
        stage->add_other_collections(out);
    }
  }

 private:
  std::vector<Facet> facets_;
};

void check_name(std::string_view name) {
  if (name.empty()) raise(location(15998), "a facet's name may not be empty");
  if (name.front() == '$')
    raise(location(16410), "a facet's name may not start with '$': {}", name);
  if (name.find('.') != std::string_view::npos)
    raise(location(16412), "a facet's name may not hold a '.': {}", name);
}

}  // namespace

void parse_facet(const StageTraits& traits, bson::Element body, const PipelineContext& context,
                 Pipeline& out) {
  if (!body.is_document() || body.as_document().empty()) {
    raise(location(40169), "the $facet specification must be a non-empty object");
  }
  PipelineContext inner = context;
  inner.kind = PipelineKind::Facet;
  ++inner.depth;
  std::vector<Facet> facets;
  for (const auto& element : body.as_document()) {
    check_name(element.name());
    if (!element.is_array()) {
      raise(location(40170), "arguments to $facet must be arrays, {} is type {}", element.name(),
            bson::type_alias(element.type()));
    }
    for (const auto& stage : element.as_document()) {
      if (!stage.is_document()) {
        raise(location(40171),
              "elements of arrays in $facet spec must be non-empty objects, {} contained an "
              "element of type {}",
              element.name(), bson::type_alias(stage.type()));
      }
    }
    if (element.as_document().empty())
      raise(ErrorCode::BadValue, "sub-pipeline in $facet stage cannot be empty");
    facets.push_back({std::string(element.name()), parse_pipeline(element.as_document(), inner)});
  }
  out.push_back(std::make_unique<FacetSpec>(traits, body, std::move(facets)));
}

}  // namespace freshet::pipeline
