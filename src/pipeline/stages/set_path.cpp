// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stages/set_path.h"

#include "bson/builder.h"

namespace freshet::pipeline {
namespace {

// Paths have at most 200 parts (check_field_path), which bounds the recursion.
void write_field(bson::Builder& out, std::string_view name, std::string_view rest,
                 bson::ValueView old, bson::ValueView value);

void write_document(bson::Builder& out, bson::View document, std::string_view path,
                    bson::ValueView value) {
  const std::size_t dot = path.find('.');
  const std::string_view name = path.substr(0, dot);
  const std::string_view rest =
      dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  bool found = false;
  for (const bson::Element& element : document) {
    if (found || element.name() != name) {
      out.add(element);
      continue;
    }
    found = true;
    write_field(out, name, rest, element, value);
  }
  if (!found) write_field(out, name, rest, {}, value);
}

void write_field(bson::Builder& out, std::string_view name, std::string_view rest,
                 bson::ValueView old, bson::ValueView value) {
  if (rest.empty()) {
    out.add(name, value);
    return;
  }
  if (value.missing() && !old.is_document()) {
    out.add(name, old);
    return;
  }
  out.open_document(name);
  write_document(out, old.is_document() ? old.as_document() : bson::View(), rest, value);
  out.close();
}

}  // namespace

std::string with_path(bson::View document, std::string_view path, bson::ValueView value) {
  bson::Builder out;
  write_document(out, document, path, value);
  return out.take();
}

}  // namespace freshet::pipeline
