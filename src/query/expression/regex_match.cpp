// SPDX-License-Identifier: Apache-2.0
// $regexMatch $regexFind $regexFindAll.
#include <optional>
#include <string>

#include "base/error.h"
#include "query/expression/families.h"
#include "query/expression/text.h"
#include "query/regex.h"

namespace freshet::query {
namespace {

std::string_view alias(const Value& value) {
  return value.missing() ? std::string_view("missing") : bson::type_alias(value.type());
}

struct PreparedRegex final : Prepared {
  std::optional<Regex> regex;
};

/// The pattern from `regex` and `options`; nothing when null. Options may stand in one of the two
/// only.
std::optional<Regex> compile(std::string_view op, const Value& regex, const Value& options) {
  if (!options.nullish() && !options.view().is_string()) {
    raise(location(51106), "{} needs 'options' to be of type string, found {}", op, alias(options));
  }
  if (regex.nullish()) return std::nullopt;
  std::string_view letters = options.nullish() ? std::string_view() : options.view().as_string();
  if (regex.view().is_string()) {
    const std::string_view pattern = regex.view().as_string();
    if (pattern.find('\0') != std::string_view::npos) {
      raise(location(51109), "{}: regular expression cannot contain an embedded null byte", op);
    }
    return Regex(pattern, letters, location(51111));
  }
  if (regex.type() != Type::Regex) {
    raise(location(51105), "{} needs 'regex' to be of type string or regex, found {}", op,
          alias(regex));
  }
  const bson::RegexView pattern = regex.view().as_regex();
  if (!pattern.options.empty()) {
    if (!letters.empty()) {
      raise(location(51107),
            "{} found regex option(s) specified in both 'regex' and 'option' fields", op);
    }
    letters = pattern.options;
  }
  return Regex(pattern.pattern, letters, location(51111));
}

/// The input and the pattern of one evaluation; nothing to find when one of them is null.
struct Search {
  Value input;
  std::optional<Regex> own;
  const Regex* regex = nullptr;
  bool possible() const { return regex != nullptr && !input.nullish(); }
  std::string_view text() const { return input.view().as_string(); }
};

Search search_of(const Operands& in) {
  Search search;
  search.input = in[0];
  if (!search.input.nullish() && !search.input.view().is_string()) {
    raise(location(51104), "{} needs 'input' to be of type string, found {}", in.name(),
          alias(search.input));
  }
  const auto* prepared = in.prepared<PreparedRegex>();
  if (prepared != nullptr) {
    search.regex = prepared->regex ? &*prepared->regex : nullptr;
    return search;
  }
  search.own = compile(in.name(), in[1], in[2]);
  search.regex = search.own ? &*search.own : nullptr;
  return search;
}

/// {match, idx (in code points), captures}.
void append_match(bson::Builder& out, std::string_view text, const Regex::Match& match,
                  std::size_t index) {
  const auto piece = [&](const Regex::Span& span) {
    return text.substr(span.begin, span.end - span.begin);
  };
  out.add("match", piece(*match[0])).add("idx", static_cast<std::int32_t>(index));
  out.open_array("captures");
  for (std::size_t i = 1; i < match.size(); ++i) {
    if (match[i]) {
      out.push(piece(*match[i]));
    } else {
      out.push(Value::null().view());
    }
  }
  out.close();
}

}  // namespace

PreparedPtr prepare_regex(const OperandList& operands) {
  const KnownValue regex = known_value(operands[1]);
  const KnownValue options = known_value(operands[2]);
  if (!regex.known || !options.known) return nullptr;
  auto prepared = std::make_unique<PreparedRegex>();
  prepared->regex = compile("$regexMatch/$regexFind/$regexFindAll", regex.value, options.value);
  return prepared;
}

Value eval_regex_match(const Operands& in) {
  const Search search = search_of(in);
  return Value::boolean(search.possible() && search.regex->matches(search.text()));
}

Value eval_regex_find(const Operands& in) {
  const Search search = search_of(in);
  if (!search.possible()) return Value::null();
  const auto match = search.regex->find(search.text());
  if (!match) return Value::null();
  bson::Builder out;
  append_match(out, search.text(), *match,
               count_code_points(search.text().substr(0, (*match)[0]->begin)));
  return Value::document(out.take());
}

Value eval_regex_find_all(const Operands& in) {
  const Search search = search_of(in);
  bson::Builder out;
  if (!search.possible()) return finish_array(out);
  const std::string_view text = search.text();
  std::size_t counted = 0;  // bytes whose code points are in `index`
  std::size_t index = 0;
  for (std::size_t from = 0; from <= text.size();) {
    check_interrupt(in.context());
    const auto match = search.regex->find(text, from);
    if (!match) break;
    const Regex::Span span = *(*match)[0];
    index += count_code_points(text.substr(counted, span.begin - counted));
    counted = span.begin;
    out.push_document();
    append_match(out, text, *match, index);
    out.close();
    check_size(out.size_bytes());
    from = span.end;
    if (span.end == span.begin) from += from < text.size() ? utf8_length(text[from]) : 1;
  }
  return finish_array(out);
}

}  // namespace freshet::query
