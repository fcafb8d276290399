// SPDX-License-Identifier: Apache-2.0
// entry types = nothing when all is Plain and in order, else header:u8 form:u8*
//   header: bit 0 = the fields stand in the document in another order than in the index
//   form = ValueForm by component; those at the end that are Plain are left out
#include "collection/entry_types.h"

#include <bit>
#include <cmath>

#include "bson/key_decode.h"

namespace freshet::collection {
namespace {

using bson::Type;
using catalog::IndexPart;

constexpr char kOtherOrder = 1;

ValueForm form_of_double(double value) {
  if (std::isnan(value)) {
    constexpr std::uint64_t kUsualNan = 0x7FF8000000000000;
    return std::bit_cast<std::uint64_t>(value) == kUsualNan ? ValueForm::Double : ValueForm::Opaque;
  }
  return value == 0 && std::signbit(value) ? ValueForm::NegativeZero : ValueForm::Double;
}

ValueForm form_of(const catalog::IndexDefinition& index, const IndexPart& part,
                  const ComponentValue& component) {
  if (component.from_array) return ValueForm::FromArray;
  if (part.kind == IndexPart::Kind::Hashed) return ValueForm::Opaque;
  const bson::ValueView value = component.value;
  const bool collated = index.collation != nullptr;
  switch (value.type()) {
    case Type::Missing:
      return ValueForm::Missing;
    case Type::Int64:
      return ValueForm::Int64;
    case Type::Double:
      return form_of_double(value.as_double());
    case Type::String:
      return collated ? ValueForm::Opaque : ValueForm::Plain;
    case Type::Symbol:
      return collated ? ValueForm::Opaque : ValueForm::Symbol;
    case Type::Decimal128:
    case Type::Document:
    case Type::Array:
    case Type::DbPointer:
    case Type::JavaScript:
    case Type::JavaScriptWithScope:
      return ValueForm::Opaque;
    default:
      return ValueForm::Plain;
  }
}

// _id always stands first in a document, and plans put it there.
bool in_document_order(const catalog::IndexDefinition& index,
                       const std::vector<ComponentValue>& values) {
  const char* last = nullptr;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const ComponentValue& component = values[i];
    if (component.value.missing() || component.from_array || index.parts[i].path == "_id") continue;
    const char* at = component.value.raw().data();
    if (last != nullptr && at < last) return false;
    last = at;
  }
  return true;
}

}  // namespace

std::string entry_types(const catalog::IndexDefinition& index,
                        const std::vector<ComponentValue>& values) {
  std::string types(1, in_document_order(index, values) ? '\0' : kOtherOrder);
  for (std::size_t i = 0; i < values.size(); ++i)
    types.push_back(static_cast<char>(form_of(index, index.parts[i], values[i])));
  while (!types.empty() && types.back() == '\0')
    types.pop_back();
  return types;
}

ValueForm EntryTypes::form(std::size_t component) const {
  if (component + 1 >= bytes_.size()) return ValueForm::Plain;
  return static_cast<ValueForm>(bytes_[component + 1]);
}

bool EntryTypes::in_order() const {
  return bytes_.empty() || (bytes_.front() & kOtherOrder) == 0;
}

bool EntryTypes::without_arrays() const {
  return bytes_.empty() ||
         bytes_.find(static_cast<char>(ValueForm::FromArray), 1) == std::string_view::npos;
}

bson::Value take_component(std::string_view& key, const IndexPart& part, ValueForm form) {
  const Type number = form == ValueForm::Int64    ? Type::Int64
                      : form == ValueForm::Double ? Type::Double
                                                  : Type::Int32;
  bson::Value value = bson::take_value(key, part.descending(), number);
  switch (form) {
    case ValueForm::NegativeZero:
      return bson::Value::number(-0.0);
    case ValueForm::Symbol:
      return bson::Value(bson::ValueView(Type::Symbol, value.view().raw().data(),
                                         static_cast<std::uint32_t>(value.view().raw().size())))
          .owned();
    case ValueForm::Missing:
    case ValueForm::FromArray:
    case ValueForm::Opaque:
      return {};
    default:
      return value;
  }
}

}  // namespace freshet::collection
