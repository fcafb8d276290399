// SPDX-License-Identifier: Apache-2.0
#include "pipeline/window/partition.h"

#include "base/operation.h"

namespace freshet::pipeline {

using bson::Value;

Partition::Partition(const query::QueryContext& context, std::size_t slots,
                     std::string_view sort_path, const SpillPolicy& policy)
    : context_(context),
      kept_(context.metadata),
      sort_path_(sort_path),
      documents_("$setWindowFields", policy),
      evaluation_{context, Value(), Value(), std::vector<Value>(slots)} {}

void Partition::add(bson::View held, std::string_view sort_key) {
  const bool peer = !groups_.empty() && sort_key == last_key_;
  groups_.push_back(groups_.empty() ? 0 : groups_.back() + (peer ? 0 : 1));
  if (!peer) last_key_ = sort_key;
  documents_.add(held);
  current_ = kNone;
}

void Partition::clear() {
  documents_.clear();
  groups_.clear();
  last_key_.clear();
  current_ = kNone;
}

bson::View Partition::document(std::size_t index) {
  return on(index).root.view().as_document();
}

query::EvalContext& Partition::on(std::size_t index) {
  if (current_ == index) return evaluation_;
  if (Operation* running = context_.running()) running->check();
  const bson::View document = kept_.unpack(documents_.at(index, buffer_));
  evaluation_.root =
      Value(bson::ValueView(bson::Type::Document, document.data(), document.size_bytes()));
  evaluation_.current = evaluation_.root;
  current_ = index;
  return evaluation_;
}

Value Partition::sort_value(std::size_t index) {
  bson::ValueView value = on(index).root.view();
  std::string_view rest = sort_path_;
  while (!rest.empty() && value.is_document()) {
    const std::size_t dot = rest.find('.');
    value = value.as_document()[rest.substr(0, dot)];
    rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
  }
  return rest.empty() ? Value::copy(value) : Value();
}

}  // namespace freshet::pipeline
