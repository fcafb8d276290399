// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stages/document_cache.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace freshet::pipeline {
namespace {

/// "$$v" and "$$v.path". A literal that looks like it only costs the cache.
bool names_variable(bson::ValueView value, const std::vector<std::string>& variables) {
  if (!value.is_string() || !value.as_string().starts_with("$$")) return false;
  const std::string_view path = value.as_string().substr(2);
  return std::ranges::find(variables, path.substr(0, path.find('.'))) != variables.end();
}

bool is_random(std::string_view name) {
  return name == "$rand" || name == "$sample" || name == "$sampleRate";
}

bool varies(bson::View document, const std::vector<std::string>& variables) {
  for (const bson::Element& element : document) {
    if (is_random(element.name()) || names_variable(element, variables)) return true;
    const bool nested = element.is_document() || element.is_array();
    if (nested && varies(element.as_document(), variables)) return true;
  }
  return false;
}

}  // namespace

class DocumentCache::Recorder final : public Stage {
 public:
  Recorder(StagePtr source, DocumentCache& cache, std::size_t bytes_max)
      : Stage(std::move(source)), cache_(cache), bytes_max_(bytes_max) {
    cache_.state_ = State::Filling;
  }
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;
  ~Recorder() override {
    // A $limit behind has seen enough.
    if (cache_.state_ == State::Filling) cache_.give_up();
  }

  std::optional<bson::View> next(Operation& op) override {
    const std::optional<bson::View> document = source().next(op);
    if (cache_.state_ != State::Filling) return document;
    if (!document) {
      cache_.state_ = State::Complete;
      return document;
    }
    cache_.bytes_ += document->size_bytes() + sizeof(std::string);
    if (cache_.bytes_ > bytes_max_) {
      cache_.give_up();
    } else {
      cache_.documents_.push_back(document->to_string());
    }
    return document;
  }

 private:
  DocumentCache& cache_;
  const std::size_t bytes_max_;
};

class DocumentCache::Replay final : public Stage {
 public:
  explicit Replay(const std::vector<std::string>& documents) : documents_(documents) {}
  std::optional<bson::View> next(Operation&) override {
    if (position_ == documents_.size()) return std::nullopt;
    return bson::View(documents_[position_++]);
  }

 private:
  const std::vector<std::string>& documents_;
  std::size_t position_ = 0;
};

void DocumentCache::give_up() {
  state_ = State::GivenUp;
  documents_.clear();
  documents_.shrink_to_fit();
}

StagePtr DocumentCache::record(StagePtr source, std::size_t bytes_max) {
  return std::make_unique<Recorder>(std::move(source), *this, bytes_max);
}

StagePtr DocumentCache::replay() const {
  return std::make_unique<Replay>(documents_);
}

std::size_t count_repeated_stages(const Pipeline& pipeline,
                                  const std::vector<std::string>& variables) {
  const auto end = std::find_if(pipeline.begin(), pipeline.end(), [&](const StageSpecPtr& stage) {
    return varies(stage->document(), variables);
  });
  return static_cast<std::size_t>(end - pipeline.begin());
}

}  // namespace freshet::pipeline
