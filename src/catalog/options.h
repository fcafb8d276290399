// SPDX-License-Identifier: Apache-2.0
// The options of a collection or view: checking what create and collMod ask for, and the one normal
// form in which they are stored and listed.
#pragma once

#include <string>
#include <string_view>

#include "bson/view.h"
#include "catalog/definitions.h"

namespace freshet::catalog {

/// Checks the options of a create command for `ns` and gives their normal form. Throws with
/// MongoDB's codes: Location40415 for unknown fields, TypeMismatch (14), InvalidOptions (72),
/// BadValue (2), …
std::string parse_create_options(const model::Namespace& ns, bson::View options);

/// `base` with the fields of `changes` instead of its own; a null takes the field away. Normal
/// form.
std::string change_options(bson::View base, bson::View changes);

/// Fills in everything of `definition` that follows from options: type, capped, validator, …
/// Requires: `options` is in normal form.
void apply_options(CollectionDefinition& definition, std::string options);

/// Checks of single options, shared by create and collMod.
void check_validator(const model::Namespace& ns, bson::ValueView validator,
                     const query::Collation* collation);
void check_validation_level(bson::ValueView level);
void check_validation_action(bson::ValueView action);
/// {engine: {}, …}: settings of an engine are refused (BadValue), there being none of MongoDB's.
void check_engine_options(bson::ValueView value, std::string_view name);
/// {enabled: bool}; gives the flag.
bool parse_images_option(bson::ValueView option);
/// {minSeconds, imageSeconds}, both optional whole numbers above 0: how long the log behind the
/// collection's changes is kept at least, and how long its pre-images are shown at most.
void check_history_option(bson::ValueView option);
/// A number that is a whole byte or document count. Throws TypeMismatch (14), Location51024.
std::int64_t parse_count_option(bson::ValueView value, std::string_view name);
/// The capped size rounded up as it is stored.
std::int64_t rounded_capped_size(std::int64_t bytes);
/// `expected` or bust: TypeMismatch (14) naming the field.
void require_type(bson::ValueView value, bson::Type expected, std::string_view field);

}  // namespace freshet::catalog
