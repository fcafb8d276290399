// SPDX-License-Identifier: Apache-2.0
#include "storage/store.h"

#include "storage/log_run.h"

namespace freshet::storage {

std::vector<std::optional<std::string>> Reader::multi_get(
    Space space, const std::vector<std::string>& keys) const {
  std::vector<std::optional<std::string>> values;
  values.reserve(keys.size());
  for (const std::string& key : keys)
    values.push_back(get(space, key));
  return values;
}

LogRun Store::read_log_run(Position after, Position up_to, std::size_t bytes_max) const {
  LogRun run(after);
  const std::unique_ptr<LogCursor> cursor = read_log(after);
  while (const std::optional<LogRecord> record = cursor->next()) {
    if (record->position > up_to) break;
    if (!run.fits(record->bytes.size(), bytes_max)) return run;
    run.append(record->position, record->bytes);
  }
  run.reach(up_to);
  return run;
}

}  // namespace freshet::storage
