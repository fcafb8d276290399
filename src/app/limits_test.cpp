// SPDX-License-Identifier: Apache-2.0
// The limits that cannot be set are constants of the folders that keep them: the table says the
// same.
#include "base/limits.h"

#include <gtest/gtest.h>

#include "app/setters.h"
#include "base/error.h"
#include "catalog/definitions.h"
#include "collection/insert_form.h"
#include "pipeline/pipeline.h"
#include "storage/store.h"

namespace freshet::app {
namespace {

static_assert(Limits{}.document_bytes_max == collection::kDocumentBytesMax);
static_assert(Limits{}.indexes_per_collection_max == catalog::kIndexesMax);
static_assert(Limits{}.index_fields_max == catalog::kIndexFieldsMax);
static_assert(Limits{}.pipeline_stages_max == pipeline::kPipelineStagesMax);

TEST(FixedLimitsTest, KeysOfTheStore) {
  EXPECT_EQ(Limits{}.key_bytes_max, storage::Traits{}.key_bytes_max);
}

TEST(FixedLimitsTest, AreRefusedByName) {
  ServeOptions options;
  for (const LimitRow& row : limit_table()) {
    if (row.min != row.max) continue;
    EXPECT_THROW(set_parameter(options, row.name, std::to_string(row.min)), Error) << row.name;
  }
}

TEST(SynonymsTest, AreGivenInTheirOwnUnit) {
  ServeOptions options;
  set_parameter(options, "localLogicalSessionTimeoutMinutes", "2");
  EXPECT_EQ(options.limits.session_idle_ms_max, 120'000);
  set_parameter(options, "minSnapshotHistoryWindowInSeconds", "7");
  EXPECT_EQ(options.limits.snapshot_window_ms_max, 7'000);
  set_parameter(options, "cursorTimeoutMillis", "9");
  EXPECT_EQ(options.limits.cursor_idle_ms_max, 9);
}

}  // namespace
}  // namespace freshet::app
