// SPDX-License-Identifier: Apache-2.0
// The event document of a change: a pure function of the change, the options and the images.
#pragma once

#include <optional>
#include <string>

#include "bson/builder.h"
#include "bson/value.h"
#include "bson/view.h"
#include "model/resume_token.h"
#include "stream/change.h"
#include "stream/options.h"

namespace freshet::stream {

/// Documents that an event shows beside what its log entry says. Missing: the event has no such
/// field.
struct EventImages {
  bson::Value full_document;  ///< of an update
  bson::Value before_change;
};

/// Where a change's event stands in the stream.
model::ResumeToken token_of(const Change& change);

/// The images that the log alone gives: fullDocumentBeforeChange, and the document after an update
/// for fullDocument: whenAvailable and required. Throws NoMatchingDocument (47) when a required one
/// was not kept, or is too old to be `shown`. Leaves full_document Missing for updateLookup.
EventImages images_of(const Change& change, const StreamOptions& options, bool shown);
/// True when images_of() would use the pre-image in the log.
bool wants_image(const Change& change, const StreamOptions& options);

/// True when the event's fullDocument must be looked up in the collection.
bool wants_lookup(const Change& change, const StreamOptions& options);

/// The key by which lookups find the document: {_id: …}. Requires: a change of a document.
std::string document_key(const Change& change);

/// The event's fields, in MongoDB's order.
void write_event(bson::Builder& out, const Change& change, const StreamOptions& options,
                 const EventImages& images);
/// The event's BSON.
std::string make_event(const Change& change, const StreamOptions& options,
                       const EventImages& images);

/// The invalidate event that follows `change`.
std::string make_invalidate(const Change& change);
model::ResumeToken invalidate_token_of(const Change& change);

}  // namespace freshet::stream
