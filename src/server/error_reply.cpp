// SPDX-License-Identifier: Apache-2.0
#include "server/error_reply.h"

namespace freshet::server {

std::string error_reply(const wire::Message& request, ErrorCode code, std::string_view problem) {
  std::string out;
  wire::MessageWriter writer(out, request.is_query() ? wire::OpCode::Reply : wire::OpCode::Msg);
  writer.body()
      .add("ok", 0.0)
      .add("errmsg", problem)
      .add("code", static_cast<std::int32_t>(code))
      .add("codeName", code_name(code));
  writer.finish({.request_id = 0, .response_to = request.request_id});
  return out;
}

}  // namespace freshet::server
