// SPDX-License-Identifier: Apache-2.0
// convertToCapped, cloneCollectionAsCapped: collections that keep their newest documents only.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/limits.h"
#include "bson/builder.h"
#include "collection/capped_trim.h"
#include "collection/data.h"
#include "collection/record.h"
#include "command/arguments.h"
#include "command/commands.h"
#include "command/write_batch.h"

namespace freshet::command {
namespace {

std::int64_t read_size(const Field& field) {
  const std::int64_t size = field.integer();
  if (size <= 0) {
    raise(ErrorCode::InvalidOptions, "Capped collection size must be greater than zero");
  }
  return size;
}

struct ConvertArguments {
  std::int64_t size = 0;
};

constexpr Argument<ConvertArguments> kConvert[] = {
    {"size", [](ConvertArguments& a, const Field& f) { a.size = read_size(f); }},
};

struct CloneArguments {
  std::string to;
  std::int64_t size = 0;
};

constexpr Argument<CloneArguments> kClone[] = {
    {"toCollection", [](CloneArguments& a, const Field& f) { a.to = f.string(); }},
    {"size", [](CloneArguments& a, const Field& f) { a.size = read_size(f); }},
};

/// Where the newest `bytes` of documents begin; nothing for an empty collection.
std::optional<collection::RecordId> first_to_keep(const storage::Reader& reader,
                                                  storage::Store& store,
                                                  const catalog::CollectionDefinition& from,
                                                  std::int64_t bytes, Operation& op) {
  std::optional<collection::RecordId> first;
  collection::RecordCursor cursor(reader, store, from, storage::Direction::Backward);
  for (; cursor.valid(); cursor.next()) {
    op.check();
    bytes -= cursor.document().size_bytes();
    if (bytes < 0 && first) break;
    first = cursor.id();
  }
  return first;
}

/// Copies the documents of one moment, in order, in commits of the usual size.
class Clone {
 public:
  Clone(CommandContext& context, model::Namespace to) : context_(context), to_(std::move(to)) {}

  void run(const storage::Reader& reader, const catalog::CollectionDefinition& from,
           collection::RecordId first) {
    collection::Data& data = context_.services.data;
    collection::RecordCursor cursor(reader, data.store(), from, storage::Direction::Forward,
                                    {.first = first, .last = collection::kRecordIdMax});
    std::vector<std::string> chunk;
    std::size_t bytes = 0;
    const Limits& limits = context_.services.limits;
    for (; cursor.valid(); cursor.next()) {
      context_.op.check();
      chunk.push_back(cursor.document().to_string());
      bytes += chunk.back().size();
      if (chunk.size() < static_cast<std::size_t>(limits.commit_chunk_count_max) &&
          bytes < static_cast<std::size_t>(limits.commit_chunk_bytes_max)) {
        continue;
      }
      write(chunk);
      chunk.clear();
      bytes = 0;
    }
    if (!chunk.empty()) write(chunk);
  }

 private:
  void write(const std::vector<std::string>& chunk) {
    for (;;) {
      context_.op.check_now();
      collection::Data& data = context_.services.data;
      collection::WriteUnit unit = data.begin();
      catalog::CollectionPtr collection = catalog::require_collection(unit.catalog(), to_);
      collection::Writer writer(unit, std::move(collection), data.write_context());
      bool again = false;
      for (const std::string& document : chunk)
        again = again || !writer.insert(bson::View(document)).done();
      if (again) continue;
      const commit::CommitResult result = unit.commit();
      if (result.status == commit::CommitStatus::StaleCatalog) continue;
      if (result.status != commit::CommitStatus::Committed) raise_commit_failure(result.status);
      context_.operation_time = result.position;
      context_.durable_position = result.position;
      return;
    }
  }

  CommandContext& context_;
  const model::Namespace to_;
};

void create_capped(CommandContext& context, const model::Namespace& ns, std::int64_t size) {
  if (context.services.data.catalog().latest()->find(ns)) {
    raise(ErrorCode::NamespaceExists,
          "cloneCollectionAsCapped failed - destination collection {} "
          "already exists",
          ns.full());
  }
  bson::Builder options;
  options.add("capped", true).add("size", size);
  const std::string bytes = options.take();
  context.services.data.ddl().create_collection(ns, bson::View(bytes));
}

}  // namespace

void run_convert_to_capped(CommandContext& context, bson::Builder&) {
  const model::Namespace ns = context.collection_namespace();
  check_writable(context, ns);
  ConvertArguments arguments;
  read_arguments("convertToCapped", context.body, kConvert, arguments);
  require_fields("convertToCapped", context.body, {"size"});
  collection::Data& data = context.services.data;
  const catalog::ConvertResult result = data.ddl().convert_to_capped(ns, arguments.size);
  context.operation_time = result.ddl.position;
  context.durable_position = result.ddl.position;
  collection::trim_capped(data, result.collection_id, context.op);
}

void run_clone_collection_as_capped(CommandContext& context, bson::Builder&) {
  const model::Namespace ns = context.collection_namespace();
  ns.check();
  CloneArguments arguments;
  read_arguments("cloneCollectionAsCapped", context.body, kClone, arguments);
  require_fields("cloneCollectionAsCapped", context.body, {"toCollection", "size"});
  const model::Namespace to{ns.db, arguments.to};
  check_writable(context, to);
  collection::Data& data = context.services.data;
  const auto snapshot = data.commits().snapshot(commit::ReadPoint::Latest);
  const catalog::StatePtr catalog = data.catalog().at(*snapshot);
  const catalog::CollectionPtr from = catalog::require_collection(*catalog, ns);
  create_capped(context, to, arguments.size);
  const auto first = first_to_keep(*snapshot, data.store(), *from, arguments.size, context.op);
  if (first) Clone(context, to).run(*snapshot, *from, *first);
}

}  // namespace freshet::command
