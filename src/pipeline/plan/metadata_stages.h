// SPDX-License-Identifier: Apache-2.0
// The stages that tell what {$meta: …} shows of the documents that a search has found.
#pragma once

#include "pipeline/stage.h"
#include "query/document_metadata.h"
#include "query/matcher.h"

namespace freshet::pipeline {

/// `source` itself, or what it gives with the metadata of the $text or $near in `filter` set before
/// each document, where somebody wants that. `metadata` may be null. Requires: both outlive it.
StagePtr with_metadata(StagePtr source, const query::Matcher& filter,
                       query::DocumentMetadata* metadata);

}  // namespace freshet::pipeline
