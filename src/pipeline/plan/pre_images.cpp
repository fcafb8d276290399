// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plan/pre_images.h"

#include <cstdint>

#include "bson/builder.h"

namespace freshet::pipeline {
namespace {

// An entry's image, or those of the operations of a transaction, under one name.
void add_unwound(bson::Builder& out) {
  out.push_document().open_document("$match").open_array("$or");
  out.push_document().open_document("pre").add("$exists", true).close().close();
  out.push_document().add("op", "c").open_document("o.applyOps.pre").add("$exists", true);
  out.close().close().close().close().close();
  out.push_document().open_document("$project").add("ts", true).add("wall", true);
  out.open_document("ops").open_array("$cond");
  out.push_document().open_array("$eq").push("$op").push("c").close().close();
  out.push("$o.applyOps");
  out.push_array().push_document().add("ui", "$ui").add("pre", "$pre").close().close();
  out.close().close().close().close();
  out.push_document().open_document("$unwind").add("path", "$ops");
  out.add("includeArrayIndex", "index").close().close();
  out.push_document().open_document("$match").open_document("ops.pre").add("$exists", true);
  out.close().close().close();
}

void add_oldest(bson::Builder& out, std::int64_t wall_ms) {
  out.open_document("wall").add_date("$gte", wall_ms).close();
}

void add_ages(bson::Builder& out, const catalog::CatalogState& state,
              const catalog::ImageAges& ages) {
  if (const std::int64_t oldest_ms = ages.oldest_wall_ms(); oldest_ms != 0) {
    out.push_document().open_document("$match");
    add_oldest(out, oldest_ms);
    out.close().close();
  }
  for (const catalog::CollectionPtr& collection : state.all()) {
    const std::int64_t oldest_ms = ages.oldest_wall_ms(*collection);
    if (oldest_ms == 0) continue;
    out.push_document().open_document("$match").open_array("$or");
    out.push_document().open_document("ops.ui");
    collection->uuid.append_to(out, "$ne");
    out.close().close();
    out.push_document();
    add_oldest(out, oldest_ms);
    out.close().close().close().close();
  }
}

void add_shaped(bson::Builder& out) {
  out.push_document().open_document("$project").open_document("_id");
  out.add("nsUUID", "$ops.ui").add("ts", "$ts").add("applyOpsIndex", "$index").close();
  out.add("operationTime", "$wall").add("preImage", "$ops.pre").close().close();
}

}  // namespace

bool is_pre_images(const model::Namespace& ns) {
  return ns.db == "config" && ns.coll == "system.preimages";
}

std::string pre_images_pipeline(const catalog::CatalogState& state,
                                const catalog::ImageAges& ages) {
  bson::Builder out;
  out.open_array("stages");
  add_unwound(out);
  add_ages(out, state, ages);
  add_shaped(out);
  out.close();
  const std::string document = out.take();
  return bson::View(document)["stages"].as_document().to_string();
}

}  // namespace freshet::pipeline
