// SPDX-License-Identifier: Apache-2.0
// config.system.preimages: pre-images lie in the log, so that collection is a view of the log.
#pragma once

#include <string>

#include "catalog/catalog.h"
#include "catalog/history.h"
#include "model/namespace.h"

namespace freshet::pipeline {

bool is_pre_images(const model::Namespace& ns);

/// The stages, a BSON array, that make of the log's entries
/// {_id: {nsUUID, ts, applyOpsIndex}, operationTime, preImage}, in log order, leaving out images
/// that are too old to be shown.
std::string pre_images_pipeline(const catalog::CatalogState& state, const catalog::ImageAges& ages);

}  // namespace freshet::pipeline
