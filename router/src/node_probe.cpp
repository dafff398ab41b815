#include "ringcast/router/node_probe.hpp"

#include "redis_connection.hpp"

#include <map>
#include <utility>

namespace ringcast::router {
namespace {

class RedisProbe final : public NodeProbe {
public:
    RedisProbe(boost::asio::any_io_executor executor, NodeOptions options)
        : executor_(std::move(executor)), options_(std::move(options)) {}

    // A node that answers AUTH or PING with an error is alive: whoever configured it wrongly must
    // not have it taken for dead.
    void probe(const Address& address, std::chrono::milliseconds timeout,
               Handler handler) override {
        NodeOptions options = options_;
        options.connect_timeout = timeout;
        const auto number = next_++;
        auto& call = calls_[number];
        call.handler = std::move(handler);
        call.connection = std::make_unique<RedisConnection>(executor_, std::move(options), "");
        call.connection->open(address, {.opened = [this, number] { finish(number, true); },
                                        .closed =
                                            [this, number](const Closed& closed) {
                                                finish(number,
                                                       closed.why == Closed::Why::not_admitted);
                                            },
                                        .pushed = {}});
    }

private:
    struct Call {
        Handler handler;
        std::unique_ptr<RedisConnection> connection;
    };

    void finish(std::uint64_t number, bool reachable) {
        const auto call = calls_.extract(number);
        call.mapped().handler(reachable);
    }

    boost::asio::any_io_executor executor_;
    NodeOptions options_;
    std::map<std::uint64_t, Call> calls_;
    std::uint64_t next_ = 0;
};

}  // namespace

std::unique_ptr<NodeProbe> make_node_probe(boost::asio::any_io_executor executor,
                                           NodeOptions options) {
    return std::make_unique<RedisProbe>(std::move(executor), std::move(options));
}

}  // namespace ringcast::router
