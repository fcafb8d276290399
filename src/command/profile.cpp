// SPDX-License-Identifier: Apache-2.0
// profile: what the profiler watches, read and set.
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "command/arguments.h"
#include "command/commands.h"
#include "command/profiler.h"

namespace freshet::command {
namespace {

struct ProfileArguments {
  std::optional<std::int64_t> slow_ms;
  std::optional<double> sample_rate;
  std::optional<std::string> filter;  ///< empty: none from now on
};

void read_sample_rate(ProfileArguments& arguments, const Field& field) {
  if (!field.element().is_number()) field.wrong_type("double");
  const double rate = field.element().number_as_double();
  if (!(rate >= 0.0 && rate <= 1.0)) {
    raise(ErrorCode::BadValue, "'sampleRate' must lie between 0.0 and 1.0, found {}", rate);
  }
  arguments.sample_rate = rate;
}

void read_filter(ProfileArguments& arguments, const Field& field) {
  if (field.element().is_string() && field.element().as_string() == "unset") {
    arguments.filter.emplace();
    return;
  }
  arguments.filter = field.object().to_string();
}

constexpr Argument<ProfileArguments> kArguments[] = {
    {"slowms", [](ProfileArguments& a, const Field& f) { a.slow_ms = f.integer(); }},
    {"sampleRate", read_sample_rate},
    {"filter", read_filter},
};

}  // namespace

void run_profile(CommandContext& context, bson::Builder& reply) {
  const bson::Element first = *context.body.begin();
  const std::int64_t wanted = Field("profile", first).integer();
  if (wanted < -1 || wanted > 2) {
    raise(ErrorCode::BadValue, "the profiling level is 0, 1 or 2, or -1 to read it, found {}",
          wanted);
  }
  ProfileArguments arguments;
  read_arguments("profile", context.body, kArguments, arguments);
  Profiler& profiler = context.services.profiler;
  const int was = profiler.level(context.db);
  const ProfilerOptions before = profiler.options();
  if (wanted >= 0 || arguments.slow_ms || arguments.sample_rate || arguments.filter) {
    ProfilerOptions options = before;
    if (arguments.slow_ms) options.slow_ms = *arguments.slow_ms;
    if (arguments.sample_rate) options.sample_rate = *arguments.sample_rate;
    if (arguments.filter) options.filter = *std::move(arguments.filter);
    profiler.set(context.db, wanted < 0 ? was : static_cast<int>(wanted), std::move(options));
  }
  reply.add("was", std::int32_t{was}).add("slowms", static_cast<std::int32_t>(before.slow_ms));
  reply.add("sampleRate", before.sample_rate);
  if (before.filter.empty()) return;
  reply.add("filter", bson::View(before.filter));
  reply.add("note",
            "When a filter expression is set, slowms and sampleRate are not used for profiling "
            "and slow-query log lines.");
}

}  // namespace freshet::command
