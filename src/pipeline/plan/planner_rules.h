// SPDX-License-Identifier: Apache-2.0
// What the planner may do. Everything, but for tests: answers are the same without each rule.
#pragma once

namespace freshet::pipeline {

struct PlannerRules {
  bool indexes = true;      ///< any index besides _id_ for one _id
  bool id_lookup = true;    ///< one _id without a scan
  bool unions = true;       ///< an index for each branch of an $or
  bool order = true;        ///< indexes give the order of sorts
  bool merges = true;       ///< several walks merged for a sort
  bool entries = true;      ///< entries instead of documents
  bool key_filters = true;  ///< entries decide which documents are fetched
  bool exact = true;        ///< what bounds guarantee is not looked at again
  bool expressions = true;  ///< bounds from $expr
  bool estimates = true;    ///< keys are counted to choose between indexes
};

}  // namespace freshet::pipeline
