// SPDX-License-Identifier: Apache-2.0
#include "pipeline/spill/document_list.h"

namespace freshet::pipeline {

void DocumentList::add(bson::View document) {
  if (file_ != nullptr) return spill(document);
  const std::size_t bytes = document.size_bytes() + sizeof(std::string);
  if (memory_.use(bytes)) {
    memory_.release(bytes);
    file_ = policy_.area->create();
    return spill(document);
  }
  documents_.push_back(document.to_string());
}

void DocumentList::spill(bson::View document) {
  offsets_.push_back(file_->size());
  file_->append(document.bytes());
}

bson::View DocumentList::at(std::size_t index, std::string& buffer) const {
  if (index < documents_.size()) return bson::View(documents_[index]);
  index -= documents_.size();
  const std::uint64_t begin = offsets_[index];
  const std::uint64_t end = index + 1 < offsets_.size() ? offsets_[index + 1] : file_->size();
  file_->read(begin, static_cast<std::size_t>(end - begin), buffer);
  return bson::View(buffer);
}

void DocumentList::clear() {
  for (const std::string& document : documents_)
    memory_.release(document.size() + sizeof(std::string));
  documents_.clear();
  offsets_.clear();
  file_.reset();
}

}  // namespace freshet::pipeline
