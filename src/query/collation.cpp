// SPDX-License-Identifier: Apache-2.0
#include "query/collation.h"

#include <unicode/coll.h>
#include <unicode/locid.h>
#include <unicode/ucol.h>
#include <unicode/unistr.h>

#include <cmath>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/invariant.h"
#include "bson/builder.h"

namespace freshet::query {
namespace {

/// What MongoDB calls the version of its collation tables; clients echo it back.
constexpr std::string_view kVersion = "57.1";
constexpr std::int32_t kIncompatibleCollationVersion = 161;

/// One option with a set of words.
struct Choice {
  std::string_view word;
  UColAttributeValue value;
};

constexpr Choice kCaseFirst[] = {
    {"off", UCOL_OFF}, {"upper", UCOL_UPPER_FIRST}, {"lower", UCOL_LOWER_FIRST}};
constexpr Choice kAlternate[] = {{"non-ignorable", UCOL_NON_IGNORABLE}, {"shifted", UCOL_SHIFTED}};

/// Strength 1…5 as ICU names them.
constexpr UColAttributeValue kStrengths[] = {UCOL_PRIMARY, UCOL_SECONDARY, UCOL_TERTIARY,
                                             UCOL_QUATERNARY, UCOL_IDENTICAL};

class IcuCollation final : public Collation {
 public:
  IcuCollation(std::unique_ptr<icu::Collator> collator, std::string spec)
      : collator_(std::move(collator)), spec_(std::move(spec)) {}

  int compare(std::string_view a, std::string_view b) const override {
    UErrorCode status = U_ZERO_ERROR;
    const UCollationResult result = collator_->compareUTF8(
        icu::StringPiece(a.data(), static_cast<std::int32_t>(a.size())),
        icu::StringPiece(b.data(), static_cast<std::int32_t>(b.size())), status);
    return U_SUCCESS(status) ? static_cast<int>(result) : a.compare(b);
  }

  std::string sort_key(std::string_view text) const override {
    const icu::UnicodeString unicode = icu::UnicodeString::fromUTF8(
        icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
    std::string key(text.size() * 2 + 16, '\0');
    for (;;) {
      const std::int32_t size =
          collator_->getSortKey(unicode, reinterpret_cast<std::uint8_t*>(key.data()),
                                static_cast<std::int32_t>(key.size()));
      invariant(size > 0, "a sort key has at least its terminator");
      const bool fits = static_cast<std::size_t>(size) <= key.size();
      key.resize(static_cast<std::size_t>(fits ? size - 1 : size));  // without the terminator
      if (fits) return key;
    }
  }

  bson::View spec() const override { return bson::View(spec_); }

 private:
  std::unique_ptr<icu::Collator> collator_;
  std::string spec_;
};

[[noreturn]] void wrong_type(const bson::Element& element, std::string_view expected) {
  raise(ErrorCode::TypeMismatch, "collation field '{}' has to be {}, found {}", element.name(),
        expected, bson::type_alias(element.type()));
}

std::string_view string_of(const bson::Element& element) {
  if (!element.is_string()) wrong_type(element, "a string");
  return element.as_string();
}

/// Reads the options of one specification into a collator, and back out for the full form.
class Parser {
 public:
  explicit Parser(bson::View spec) : spec_(spec) {}

  std::unique_ptr<Collation> parse() {
    const bson::Element locale = spec_["locale"];
    if (!locale)
      raise(location(40414), "BSON field 'collation.locale' is missing but a required field");
    if (string_of(locale) == "simple") return simple();
    open(string_of(locale));
    for (const bson::Element& element : spec_)
      option(element);
    check();
    return std::make_unique<IcuCollation>(std::move(collator_), full_spec(string_of(locale)));
  }

 private:
  std::unique_ptr<Collation> simple() const {
    for (const bson::Element& element : spec_) {
      if (element.name() != "locale") {
        raise(ErrorCode::FailedToParse,
              "collation {{locale: 'simple'}} takes no other option, found '{}'", element.name());
      }
    }
    return nullptr;
  }

  void open(std::string_view name) {
    const std::string text(name);
    if (name.empty() || name.find('\0') != std::string_view::npos) {
      raise(ErrorCode::BadValue, "field 'locale' of a collation cannot be empty");
    }
    const icu::Locale locale(text.c_str());
    UErrorCode status = U_ZERO_ERROR;
    if (!locale.isBogus()) collator_.reset(icu::Collator::createInstance(locale, status));
    if (collator_ == nullptr || U_FAILURE(status))
      raise(ErrorCode::BadValue, "field 'locale' is invalid: '{}'", name);
    const icu::Locale actual = collator_->getLocale(ULOC_VALID_LOCALE, status);
    if (U_FAILURE(status) || std::string_view(actual.getLanguage()) != locale.getLanguage()) {
      raise(ErrorCode::BadValue, "field 'locale' is invalid: '{}'", name);
    }
    if (text != locale.getName()) {
      raise(ErrorCode::BadValue, "field 'locale' is invalid: '{}'; did you mean '{}'?", name,
            locale.getName());
    }
  }

  void option(const bson::Element& element) {
    const std::string_view name = element.name();
    if (name == "locale") return;
    if (name == "strength") return strength(element);
    if (name == "caseLevel") return flag(element, UCOL_CASE_LEVEL);
    if (name == "numericOrdering") return flag(element, UCOL_NUMERIC_COLLATION);
    if (name == "normalization") return flag(element, UCOL_NORMALIZATION_MODE);
    if (name == "backwards") return flag(element, UCOL_FRENCH_COLLATION);
    if (name == "caseFirst") return choice(element, UCOL_CASE_FIRST, kCaseFirst);
    if (name == "alternate") return choice(element, UCOL_ALTERNATE_HANDLING, kAlternate);
    if (name == "maxVariable") return max_variable(element);
    if (name == "version") return version(element);
    raise(ErrorCode::Location40415, "BSON field 'collation.{}' is an unknown field", name);
  }

  void set(UColAttribute attribute, UColAttributeValue value) {
    UErrorCode status = U_ZERO_ERROR;
    collator_->setAttribute(attribute, value, status);
    if (U_FAILURE(status))
      raise(ErrorCode::BadValue, "the collation option is not available for this locale");
  }

  UColAttributeValue get(UColAttribute attribute) const {
    UErrorCode status = U_ZERO_ERROR;
    return collator_->getAttribute(attribute, status);
  }

  void strength(const bson::Element& element) {
    if (!element.is_number()) wrong_type(element, "a number");
    const double number = element.number_as_double();
    if (std::trunc(number) != number || !(number >= 1 && number <= 5)) {
      raise(ErrorCode::BadValue,
            "collation field 'strength' has to be an integer 1 through 5, found {}", number);
    }
    set(UCOL_STRENGTH, kStrengths[static_cast<std::size_t>(number) - 1]);
  }

  void flag(const bson::Element& element, UColAttribute attribute) {
    const bool number = element.is_number();
    if (!number && element.type() != bson::Type::Bool) wrong_type(element, "a boolean");
    set(attribute, element.truthy() ? UCOL_ON : UCOL_OFF);
  }

  template <std::size_t N>
  void choice(const bson::Element& element, UColAttribute attribute, const Choice (&choices)[N]) {
    const std::string_view word = string_of(element);
    for (const Choice& candidate : choices) {
      if (candidate.word == word) return set(attribute, candidate.value);
    }
    raise(ErrorCode::BadValue, "'{}' is not a value of collation field '{}'", word, element.name());
  }

  void max_variable(const bson::Element& element) {
    const std::string_view word = string_of(element);
    if (word != "punct" && word != "space") {
      raise(ErrorCode::BadValue, "'{}' is not a value of collation field 'maxVariable'", word);
    }
    UErrorCode status = U_ZERO_ERROR;
    collator_->setMaxVariable(
        word == "punct" ? UCOL_REORDER_CODE_PUNCTUATION : UCOL_REORDER_CODE_SPACE, status);
  }

  static void version(const bson::Element& element) {
    if (string_of(element) != kVersion) {
      raise(location(kIncompatibleCollationVersion),
            "requested collation version {} but the only available one is {}", element.as_string(),
            kVersion);
    }
  }

  /// Options that would silently do nothing are refused.
  void check() const {
    const UColAttributeValue strength = get(UCOL_STRENGTH);
    const bool case_matters = get(UCOL_CASE_LEVEL) == UCOL_ON || strength >= UCOL_TERTIARY;
    if (get(UCOL_CASE_FIRST) != UCOL_OFF && !case_matters && spec_["caseFirst"]) {
      raise(ErrorCode::BadValue,
            "'caseFirst' is invalid unless 'caseLevel' is on or 'strength' is greater than 2");
    }
    if (get(UCOL_FRENCH_COLLATION) == UCOL_ON && strength == UCOL_PRIMARY) {
      raise(ErrorCode::BadValue, "'backwards' is invalid with 'strength' of 1");
    }
  }

  template <std::size_t N>
  std::string_view word(UColAttribute attribute, const Choice (&choices)[N]) const {
    for (const Choice& candidate : choices) {
      if (candidate.value == get(attribute)) return candidate.word;
    }
    return choices[0].word;
  }

  std::string full_spec(std::string_view locale) const {
    std::int32_t strength = 3;
    for (std::size_t i = 0; i < std::size(kStrengths); ++i) {
      if (kStrengths[i] == get(UCOL_STRENGTH)) strength = static_cast<std::int32_t>(i) + 1;
    }
    bson::Builder out;
    out.add("locale", locale);
    out.add("caseLevel", get(UCOL_CASE_LEVEL) == UCOL_ON);
    out.add("caseFirst", word(UCOL_CASE_FIRST, kCaseFirst));
    out.add("strength", strength);
    out.add("numericOrdering", get(UCOL_NUMERIC_COLLATION) == UCOL_ON);
    out.add("alternate", word(UCOL_ALTERNATE_HANDLING, kAlternate));
    out.add("maxVariable",
            collator_->getMaxVariable() == UCOL_REORDER_CODE_SPACE ? "space" : "punct");
    out.add("normalization", get(UCOL_NORMALIZATION_MODE) == UCOL_ON);
    out.add("backwards", get(UCOL_FRENCH_COLLATION) == UCOL_ON);
    out.add("version", kVersion);
    return out.take();
  }

  bson::View spec_;
  std::unique_ptr<icu::Collator> collator_;
};

}  // namespace

std::unique_ptr<Collation> parse_collation(bson::View spec) {
  if (spec.empty()) return nullptr;
  return Parser(spec).parse();
}

}  // namespace freshet::query
