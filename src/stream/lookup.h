// SPDX-License-Identifier: Apache-2.0
// fullDocument: "updateLookup" reads the document as it is now: the only part of a stream that
// reads collections.
#pragma once

#include <optional>
#include <string>

#include "bson/view.h"
#include "model/namespace.h"
#include "model/uuid.h"

namespace freshet {
class Operation;
}
namespace freshet::storage {
class Store;
}
namespace freshet::commit {
class CommitLayer;
}
namespace freshet::catalog {
class Catalog;
class ImageAges;
}  // namespace freshet::catalog
namespace freshet::oplog {
struct EntryView;
}

namespace freshet::stream {

/// Thread-safe.
class DocumentLookup {
 public:
  virtual ~DocumentLookup() = default;
  /// The document with this key (`{_id: …}`) as far as it is visible; nothing when it is gone. The
  /// collection is found by `uuid`, under whatever name it has by now; when there is none, by its
  /// name, unless `uuid_only`.
  virtual std::optional<std::string> find(const model::Namespace& ns,
                                          const std::optional<model::Uuid>& uuid, bool uuid_only,
                                          bson::View document_key, Operation& op) = 0;
  /// True when the name is a view's.
  virtual bool is_view(const model::Namespace& ns) = 0;
  /// May the pre-image of the entry, which has one, still be shown?
  virtual bool shows_image(const oplog::EntryView& entry) = 0;
};

/// Looks into the collections themselves.
class CollectionLookup final : public DocumentLookup {
 public:
  /// Requires: all references outlive this.
  CollectionLookup(storage::Store& store, commit::CommitLayer& commits,
                   const catalog::Catalog& catalog, const catalog::ImageAges& ages)
      : store_(store), commits_(commits), catalog_(catalog), ages_(ages) {}

  std::optional<std::string> find(const model::Namespace& ns,
                                  const std::optional<model::Uuid>& uuid, bool uuid_only,
                                  bson::View document_key, Operation& op) override;
  bool is_view(const model::Namespace& ns) override;
  bool shows_image(const oplog::EntryView& entry) override;

 private:
  storage::Store& store_;
  commit::CommitLayer& commits_;
  const catalog::Catalog& catalog_;
  const catalog::ImageAges& ages_;
};

}  // namespace freshet::stream
