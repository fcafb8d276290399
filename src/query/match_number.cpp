// SPDX-License-Identifier: Apache-2.0
// $mod and the four $bits… operators.
#include <cmath>
#include <limits>
#include <optional>

#include "base/error.h"
#include "bson/decimal.h"
#include "query/match_parse.h"

namespace freshet::query {
namespace {

constexpr double kTwoTo63 = 9223372036854775808.0;

/// The number cut to a whole one; nothing for NaN, infinities and what 64 bits cannot hold.
std::optional<std::int64_t> whole_part(bson::ValueView value) {
  if (value.type() == bson::Type::Double) {
    const double number = value.as_double();
    if (!(number >= -kTwoTo63 && number < kTwoTo63)) return std::nullopt;
    return static_cast<std::int64_t>(number);
  }
  if (value.type() == bson::Type::Decimal128) return bson::decimal::to_int64(value.as_decimal());
  return value.number_as_int64();
}

std::int64_t mod_operand(bson::ValueView value, std::string_view what) {
  const std::optional<std::int64_t> number = whole_part(value);
  if (!number) raise(ErrorCode::BadValue, "malformed mod, {} value is invalid", what);
  return *number;
}

/// The number when it is a whole one that fits 64 bits.
std::optional<std::int64_t> exact_int64(bson::ValueView value) {
  const std::optional<std::int64_t> whole = whole_part(value);
  if (!whole) return std::nullopt;
  if (value.type() == bson::Type::Double && static_cast<double>(*whole) != value.as_double())
    return std::nullopt;
  if (value.type() == bson::Type::Decimal128 &&
      bson::decimal::compare(bson::decimal::from_int64(*whole), value.as_decimal()) != 0) {
    return std::nullopt;
  }
  return whole;
}

std::vector<std::uint32_t> bits_of_number(const bson::Element& mask) {
  const std::optional<std::int64_t> number = exact_int64(mask);
  if (!number || *number < 0) {
    raise(ErrorCode::FailedToParse, "{} expects a non-negative whole number as mask", mask.name());
  }
  std::vector<std::uint32_t> positions;
  for (std::uint32_t bit = 0; bit < 63; ++bit) {
    if ((static_cast<std::uint64_t>(*number) >> bit & 1U) != 0) positions.push_back(bit);
  }
  return positions;
}

std::vector<std::uint32_t> bits_of_binary(std::string_view bytes) {
  std::vector<std::uint32_t> positions;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (std::uint32_t bit = 0; bit < 8; ++bit) {
      if ((static_cast<unsigned char>(bytes[i]) >> bit & 1U) != 0) {
        positions.push_back(static_cast<std::uint32_t>(i * 8) + bit);
      }
    }
  }
  return positions;
}

std::vector<std::uint32_t> bits_of_list(const bson::Element& list) {
  std::vector<std::uint32_t> positions;
  for (const bson::Element& element : list.as_document()) {
    const std::optional<std::int64_t> position =
        element.is_number() ? exact_int64(element) : std::nullopt;
    if (!position || *position < 0 || *position > std::numeric_limits<std::int32_t>::max()) {
      raise(ErrorCode::BadValue, "{} expects bit positions to be non-negative 32-bit integers",
            list.name());
    }
    positions.push_back(static_cast<std::uint32_t>(*position));
  }
  return positions;
}

MatchNodePtr parse_bits(const FieldPredicate& predicate, BitsNode::Test test) {
  const bson::Element& mask = predicate.argument;
  std::vector<std::uint32_t> positions;
  if (mask.is_number()) {
    positions = bits_of_number(mask);
  } else if (mask.type() == bson::Type::Binary) {
    positions = bits_of_binary(mask.as_binary().bytes);
  } else if (mask.is_array()) {
    positions = bits_of_list(mask);
  } else {
    raise(ErrorCode::BadValue, "{} takes an array, a number or binary data, found {}", mask.name(),
          bson::type_alias(mask.type()));
  }
  return std::make_unique<BitsNode>(predicate.path, test, std::move(positions));
}

}  // namespace

bool ModNode::matches_value(bson::ValueView value) const {
  if (!value.is_number()) return false;
  const std::optional<std::int64_t> dividend = whole_part(value);
  if (!dividend) return false;
  if (divisor_ == -1) return remainder_ == 0;  // INT64_MIN % -1 would trap
  return *dividend % divisor_ == remainder_;
}

template <typename IsSet>
bool BitsNode::decide(IsSet is_set) const {
  const bool any = test_ == Test::AnySet || test_ == Test::AnyClear;
  const bool wanted = test_ == Test::AllSet || test_ == Test::AnySet;
  for (const std::uint32_t position : positions_) {
    if ((is_set(position) == wanted) == any) return any;
  }
  return !any;
}

bool BitsNode::matches_value(bson::ValueView value) const {
  if (value.type() == bson::Type::Binary) {
    const std::string_view bytes = value.as_binary().bytes;
    return decide([bytes](std::uint32_t position) {
      const std::size_t byte = position / 8;
      return byte < bytes.size() &&
             (static_cast<unsigned char>(bytes[byte]) >> (position % 8) & 1U) != 0;
    });
  }
  if (!value.is_number()) return false;
  const std::optional<std::int64_t> number = exact_int64(value);
  if (!number) return false;
  return decide([number = *number](std::uint32_t position) {
    return (number >> (position > 63 ? 63U : position) & 1) != 0;  // the sign goes on for ever
  });
}

MatchNodePtr parse_mod(const FieldPredicate& predicate, MatchParse&) {
  if (!predicate.argument.is_array())
    raise(ErrorCode::BadValue, "malformed mod, needs to be an array");
  const bson::View list = predicate.argument.as_document();
  const std::size_t count = list.count();
  if (count < 2) raise(ErrorCode::BadValue, "malformed mod, not enough elements");
  if (count > 2) raise(ErrorCode::BadValue, "malformed mod, too many elements");
  auto at = list.begin();
  if (!at->is_number()) raise(ErrorCode::BadValue, "malformed mod, divisor not a number");
  const std::int64_t divisor = mod_operand(*at, "divisor");
  if (divisor == 0) raise(ErrorCode::BadValue, "divisor cannot be 0");
  ++at;
  const std::int64_t remainder = at->is_number() ? mod_operand(*at, "remainder") : 0;
  return std::make_unique<ModNode>(predicate.path, divisor, remainder);
}

MatchNodePtr parse_bits_all_set(const FieldPredicate& predicate, MatchParse&) {
  return parse_bits(predicate, BitsNode::Test::AllSet);
}

MatchNodePtr parse_bits_all_clear(const FieldPredicate& predicate, MatchParse&) {
  return parse_bits(predicate, BitsNode::Test::AllClear);
}

MatchNodePtr parse_bits_any_set(const FieldPredicate& predicate, MatchParse&) {
  return parse_bits(predicate, BitsNode::Test::AnySet);
}

MatchNodePtr parse_bits_any_clear(const FieldPredicate& predicate, MatchParse&) {
  return parse_bits(predicate, BitsNode::Test::AnyClear);
}

}  // namespace freshet::query
