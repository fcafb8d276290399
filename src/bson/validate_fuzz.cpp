// SPDX-License-Identifier: Apache-2.0
// Whatever validate() lets through can be walked, compared, keyed and rebuilt.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "bson/builder.h"
#include "bson/compare.h"
#include "bson/key.h"
#include "bson/validate.h"
#include "bson/view.h"

namespace {

void check(bool good) {
  if (!good) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using freshet::bson::View;
  const std::string input(reinterpret_cast<const char*>(data),
                          size);  // exact, so that ASan sees its end
  const auto result = freshet::bson::validate(input);
  if (!result) return 0;
  check(result.size <= size);
  const View document(std::string_view(input).substr(0, result.size));
  freshet::bson::Builder copy;
  for (const auto& element : document) {
    copy.add(element);
    (void)freshet::bson::hash(element);
    std::string key;
    freshet::bson::append_key(key, element);
    check(freshet::bson::key_length(key) == key.size());
  }
  const std::string rebuilt = copy.take();
  check(rebuilt == document.bytes());
  check(freshet::bson::compare(document, View(rebuilt)) == 0);
  return 0;
}
