// SPDX-License-Identifier: Apache-2.0
// The way in for the edge: connections and requests.
#include <memory>
#include <string>

#include "base/error.h"
#include "command/client_state.h"
#include "command/exchange.h"
#include "command/identity.h"
#include "command/reply.h"
#include "command/request.h"
#include "command/services.h"
#include "storage/commit/commit_layer.h"

namespace freshet::command {
namespace {

class CommandDispatcher final : public Dispatcher {
 public:
  explicit CommandDispatcher(CommandServices& services) : services_(services) {}

  std::shared_ptr<ClientState> connect(std::int64_t connection_id,
                                       const std::string& address) override {
    return std::make_shared<ClientState>(connection_id, address);
  }

  void disconnect(ClientState&) noexcept override {}

  std::string refuse(const wire::DecodeResult& result) override {
    std::string out;
    wire::MessageWriter writer(out);
    const model::ClusterTime now = services_.commit.applied();
    append_error(writer.body(), Error(result.code, result.problem), &services_.identity, now, now);
    writer.finish({.response_to = result.message.request_id});
    return out;
  }

  std::unique_ptr<Exchange> accept(wire::Message message,
                                   std::shared_ptr<ClientState> client) override {
    return std::make_unique<Request>(services_, std::move(message), std::move(client));
  }

 private:
  CommandServices& services_;
};

}  // namespace

std::unique_ptr<Dispatcher> make_dispatcher(CommandServices& services) {
  return std::make_unique<CommandDispatcher>(services);
}

}  // namespace freshet::command
