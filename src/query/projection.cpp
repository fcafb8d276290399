// SPDX-License-Identifier: Apache-2.0
// Parsing of projections.
#include "query/projection.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "base/error.h"
#include "query/match_node.h"
#include "query/projection_node.h"

namespace freshet::query {
namespace {

using Kind = ProjectionNode::Kind;

constexpr int kSpecDepthMax = 100;

struct Parsed {
  ProjectionNode root;
  ProjectionMode mode = ProjectionMode::Exclude;
  bool needs_position = false;
  std::string position_path;
};

bool is_flag(bson::ValueView value) {
  return value.is_number() || value.type() == bson::Type::Bool;
}

bool is_expression_document(bson::ValueView value) {
  return value.is_document() && !value.as_document().empty() &&
         value.as_document().begin()->name().starts_with('$');
}

/// Whether some predicate of the filter stands on a path that begins with `field`.
bool speaks_of(const MatchNode& node, std::string_view field) {
  switch (node.kind()) {
    case MatchKind::And:
    case MatchKind::Or:
    case MatchKind::Nor: {
      const auto& children = static_cast<const ListNode&>(node).children();
      return std::ranges::any_of(
          children, [field](const MatchNodePtr& child) { return speaks_of(*child, field); });
    }
    case MatchKind::Not:
      return speaks_of(static_cast<const NotNode&>(node).child(), field);
    case MatchKind::AlwaysTrue:
    case MatchKind::AlwaysFalse:
    case MatchKind::Expression:
    case MatchKind::Sample:
    case MatchKind::JsonSchema:
    case MatchKind::Text:
      return false;
    default:
      return static_cast<const PathNode&>(node).path().part(0) == field;
  }
}

class Parser {
 public:
  Parser(ProjectionKind kind, const QueryContext& context)
      : find_(kind == ProjectionKind::Find), context_(context) {}

  Parsed parse(bson::View spec) {
    if (spec.empty() && !find_)
      raise(location(51272), "projection specification must have at least one field");
    for (const bson::Element& element : spec)
      entry(element.name(), element);
    finish();
    return std::move(out_);
  }

 private:
  void entry(std::string path, bson::ValueView value) {
    if (find_ && path.ends_with(".$")) return positional(path.substr(0, path.size() - 2), value);
    check_positional_inside(path);
    check_field_path(path);
    if (is_flag(value)) return flag(path, value.truthy());
    if (is_expression_document(value)) return expression_document(path, value);
    if (value.is_document()) return nested(path, value.as_document());
    computed(path, value);
  }
  void entry(std::string_view path, bson::ValueView value) { entry(std::string(path), value); }

  void check_positional_inside(const std::string& path) const {
    if (find_ && path.find(".$.") != std::string::npos) {
      raise(location(31394),
            "positional projection may only be used at the end of a path, for example a.b.$; found "
            "'{}'",
            path);
    }
  }

  void flag(const std::string& path, bool include) {
    if (path == "_id") {
      id_ = include;
    } else {
      set_mode(path, include ? ProjectionMode::Include : ProjectionMode::Exclude);
    }
    leaf(path, include ? Kind::Include : Kind::Exclude);
  }

  void set_mode(const std::string& path, ProjectionMode mode) {
    if (mode_ && *mode_ != mode) {
      if (mode == ProjectionMode::Include) {
        raise(location(31253), "cannot do inclusion on field {} in exclusion projection", path);
      }
      raise(location(31254), "cannot do exclusion on field {} in inclusion projection", path);
    }
    mode_ = mode;
  }

  ProjectionNode& leaf(const std::string& path, Kind kind) {
    ProjectionNode& node = out_.root.add(Path(path));
    node.kind = kind;
    return node;
  }

  void nested(const std::string& path, bson::View spec) {
    if (spec.empty()) {
      raise(location(51270),
            "an empty sub-projection is not a valid value; found empty object at path '{}'", path);
    }
    if (++depth_ > kSpecDepthMax)
      raise(ErrorCode::Overflow, "projection is nested deeper than {}", kSpecDepthMax);
    for (const bson::Element& element : spec) {
      if (element.name().starts_with('$')) {
        raise(location(16410), "field names in a path may not start with '$', found '{}'",
              element.name());
      }
      entry(path + "." + std::string(element.name()), element);
    }
    --depth_;
  }

  void expression_document(const std::string& path, bson::ValueView value) {
    const bson::Element op = *value.as_document().begin();
    if (find_ && op.name() == "$slice" && slice(path, op)) return;
    if (find_ && op.name() == "$elemMatch") return elem_match(path, value.as_document());
    if (find_ && op.name() == "$meta") return metadata(path, value);
    computed(path, value);
  }

  /// Beside inclusions and exclusions alike; alone it leaves all fields where they are.
  void metadata(const std::string& path, bson::ValueView value) {
    ProjectionNode& node = leaf(path, Kind::Computed);
    node.expression.emplace(compile(value));
  }

  void computed(const std::string& path, bson::ValueView value) {
    if (mode_ == ProjectionMode::Exclude) {
      raise(location(31252), "cannot use an expression in an exclusion projection (field {})",
            path);
    }
    if (path != "_id") mode_ = ProjectionMode::Include;
    computes_ = true;
    ProjectionNode& node = leaf(path, Kind::Computed);
    node.expression.emplace(compile(value));
  }

  /// An operator nobody knows has a code of its own here.
  CompiledExpression compile(bson::ValueView value) const {
    try {
      return CompiledExpression(value, context_);
    } catch (const Error& error) {
      const bool unknown =
          error.code() == ErrorCode::InvalidPipelineOperator && is_expression_document(value);
      const std::string name =
          unknown ? std::string(value.as_document().begin()->name()) : std::string();
      if (!unknown || error.message().find(name) == std::string::npos) throw;
      raise(location(31325), "unknown expression {}", name);
    }
  }

  /// False when the operand has the aggregation operator's form ($slice: [array, n]).
  bool slice(const std::string& path, const bson::Element& op) {
    std::int64_t skip = 0;
    std::int64_t limit = 0;
    if (op.is_number()) {
      limit = clamp(op);
      if (limit < 0) {
        skip = limit;
        limit = -limit;
      }
    } else if (op.is_array()) {
      const bson::View list = op.as_document();
      const std::size_t count = list.count();
      if (count < 2 || count > 3) {
        raise(location(28667),
              "expression $slice takes at least 2 arguments, and at most 3, but {} were passed in",
              count);
      }
      auto at = list.begin();
      const bson::Element first = *at;
      const bson::Element second = *++at;
      if (count == 3 || !first.is_number()) return false;
      if (!second.is_number() || clamp(second) <= 0) {
        raise(location(28724), "the limit of $slice must be a positive number (field {})", path);
      }
      skip = clamp(first);
      limit = clamp(second);
    } else {
      raise(location(28667),
            "$slice takes a number or an array of two numbers in a find projection (field {})",
            path);
    }
    ProjectionNode& node = leaf(path, Kind::Slice);
    node.slice_skip = skip;
    node.slice_limit = limit;
    return true;
  }

  static std::int64_t clamp(bson::ValueView value) {
    constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();
    return std::min(std::max(value.number_as_int64(), -kMax), kMax);
  }

  void elem_match(const std::string& path, bson::View spec) {
    if (!spec.begin()->is_document())
      raise(location(31274), "invalid argument for $elemMatch, must be an object");
    if (path.find('.') != std::string::npos) {
      raise(location(31275), "cannot use $elemMatch projection on a nested field ('{}')", path);
    }
    if (out_.needs_position)
      raise(location(31255), "cannot specify positional operator and $elemMatch");
    elem_match_ = true;
    bson::Builder wrapped;
    wrapped.add("", spec);
    const std::string filter = wrapped.take();
    leaf(path, Kind::ElemMatch).element.emplace(bson::View(filter), context_);
  }

  void positional(const std::string& path, bson::ValueView value) {
    check_positional_inside(path + ".");
    check_field_path(path);
    if (!is_flag(value))
      raise(location(31395),
            "positional projection cannot be used with an expression or sub object");
    if (!value.truthy())
      raise(location(31395), "positional projection cannot be used with exclusion ('{}')", path);
    if (out_.needs_position)
      raise(location(31276), "cannot specify more than one positional projection per query");
    if (elem_match_) raise(location(31256), "cannot specify positional operator and $elemMatch");
    set_mode(path, ProjectionMode::Include);
    out_.needs_position = true;
    out_.position_path = path;
    leaf(path, Kind::Positional);
  }

  void finish() {
    if (mode_) {
      out_.mode = *mode_;
    } else if (elem_match_ || computes_ || id_ == true) {
      out_.mode = ProjectionMode::Include;
    }
    if (out_.mode == ProjectionMode::Include && !out_.root.find("_id")) leaf("_id", Kind::Include);
    mark(out_.root);
  }

  static void mark(ProjectionNode& node) {
    node.computes = node.kind == Kind::Computed;
    node.positional = node.kind == Kind::Positional;
    for (auto& [name, child] : node.children) {
      mark(*child);
      node.computes = node.computes || child->computes;
      node.positional = node.positional || child->positional;
    }
  }

  bool find_;
  const QueryContext& context_;
  Parsed out_;
  std::optional<ProjectionMode> mode_;
  std::optional<bool> id_;
  bool elem_match_ = false;
  bool computes_ = false;
  int depth_ = 0;
};

}  // namespace

struct Projection::State {
  Parsed parsed;
  std::optional<Matcher> filter;  ///< finds the position
};

Projection::Projection(bson::View spec, ProjectionKind kind, const QueryContext& context,
                       const Matcher* filter)
    : state_(std::make_unique<State>()) {
  state_->parsed = Parser(kind, context).parse(spec);
  if (!state_->parsed.needs_position) return;
  const std::string& path = state_->parsed.position_path;
  if (filter == nullptr || !speaks_of(filter->root(), Path(path).part(0))) {
    raise(location(31277), "positional projection '{}.$' does not match the query document", path);
  }
  state_->filter.emplace(filter->filter(), context);
}

Projection::~Projection() = default;
Projection::Projection(Projection&&) noexcept = default;
Projection& Projection::operator=(Projection&&) noexcept = default;

std::string Projection::apply(bson::View document, const QueryContext& context) const {
  MatchDetails details;
  if (state_->filter) state_->filter->matches(document, &details);
  bson::Builder out;
  ProjectionRun(state_->parsed.mode, context, document, details.array_index)
      .document(state_->parsed.root, document, out);
  return out.take();
}

bool Projection::is_exclusion() const {
  return state_->parsed.mode == ProjectionMode::Exclude;
}

std::set<std::string> Projection::included_paths() const {
  std::set<std::string> paths;
  if (is_exclusion()) return paths;
  for (const auto& [name, child] : state_->parsed.root.children) {
    if (child->kind == Kind::Exclude) continue;  // _id: 0
    if (child->kind != Kind::Include) return {};
    paths.insert(name);
  }
  return paths;
}

}  // namespace freshet::query
