// SPDX-License-Identifier: Apache-2.0
// $bsonSize $binarySize $toHashedIndexKey $rand $sampleRate $meta, and what needs JavaScript.
#include "base/error.h"
#include "base/random.h"
#include "bson/key.h"
#include "bson/stored_hash.h"
#include "query/document_metadata.h"
#include "query/expression/families.h"

namespace freshet::query {
namespace {

double random_unit(const EvalContext& context) {
  if (context.query.random == nullptr)
    raise(ErrorCode::InternalError, "random numbers are not available here");
  return context.query.random->unit();
}

/// True for about that part of all documents.
class SampleRateNode final : public Expression {
 public:
  explicit SampleRateNode(double rate) : rate_(rate) {}
  Value evaluate(EvalContext& context) const override {
    return Value::boolean(random_unit(context) < rate_);
  }
  void add_dependencies(Dependencies&) const override {}

 private:
  double rate_;
};

/// {$meta: "textScore"} and the like: what the source of the document told of it.
class MetadataNode final : public Expression {
 public:
  explicit MetadataNode(DocumentMetadata::Kind kind) : kind_(kind) {}
  Value evaluate(EvalContext& context) const override { return context.query.metadata->get(kind_); }
  void add_dependencies(Dependencies&) const override {}

 private:
  DocumentMetadata::Kind kind_;
};

/// Those besides the kinds of DocumentMetadata: no stage of this server tells them.
constexpr std::string_view kMetaNames[] = {"randVal",
                                           "sortKey",
                                           "recordId",
                                           "searchScore",
                                           "searchHighlights",
                                           "searchScoreDetails",
                                           "searchSequenceToken",
                                           "timeseriesBucketMinTime",
                                           "timeseriesBucketMaxTime",
                                           "vectorSearchScore",
                                           "score",
                                           "scoreDetails",
                                           "stream"};

}  // namespace

Value eval_bson_size(const Operands& in) {
  const Value value = in[0];
  if (value.nullish()) return Value::null();
  if (!value.view().is_document()) {
    raise(location(31393), "$bsonSize requires a document input, found: {}",
          bson::type_alias(value.type()));
  }
  return Value::int32(static_cast<std::int32_t>(value.view().as_document().size_bytes()));
}

Value eval_binary_size(const Operands& in) {
  const Value value = in[0];
  if (value.nullish()) return Value::null();
  if (value.view().is_string())
    return Value::int32(static_cast<std::int32_t>(value.view().as_string().size()));
  if (value.type() == Type::Binary) {
    return Value::int32(static_cast<std::int32_t>(value.view().as_binary().bytes.size()));
  }
  raise(location(51276), "$binarySize requires a string or BinData argument, found: {}",
        bson::type_alias(value.type()));
}

/// What a hashed index of this server holds for the value.
Value eval_to_hashed_index_key(const Operands& in) {
  const Value value = in[0];
  std::string key;
  bson::append_key(key, value.view());
  return Value::int64(static_cast<std::int64_t>(bson::stored_hash_64(key)));
}

Value eval_rand(const Operands& in) {
  return Value::number(random_unit(in.context()));
}

ExpressionPtr parse_sample_rate(const Operator& op, ValueView spec, ParseScope&) {
  if (!spec.is_number())
    raise(ErrorCode::BadValue, "argument to {} must be a numeric type", op.name);
  const double rate = spec.number_as_double();
  if (!(rate >= 0 && rate <= 1))
    raise(ErrorCode::BadValue, "numeric argument to {} must be in [0, 1]", op.name);
  return std::make_unique<SampleRateNode>(rate);
}

ExpressionPtr parse_meta(const Operator&, ValueView spec, ParseScope& scope) {
  if (!spec.is_string()) raise(location(17307), "$meta only supports string arguments");
  if (const auto kind = DocumentMetadata::find(spec.as_string())) {
    DocumentMetadata* metadata = scope.query().metadata;
    const bool known = metadata != nullptr && metadata->offers(*kind);
    // It is missing where no index was walked, and that is no error.
    if (*kind == DocumentMetadata::Kind::IndexKey && !known) return constant(Value());
    want_metadata(metadata, *kind);
    return std::make_unique<MetadataNode>(*kind);
  }
  for (const auto name : kMetaNames) {
    if (name == spec.as_string()) return constant(Value());
  }
  raise(location(17308), "Unsupported argument to $meta: {}", spec.as_string());
}

ExpressionPtr parse_javascript(const Operator& op, ValueView, ParseScope&) {
  raise(location(31264), "{} needs JavaScript, which this server does not run", op.name);
}

}  // namespace freshet::query
