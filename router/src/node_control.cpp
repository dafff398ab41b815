#include "ringcast/router/node_control.hpp"

#include "node_keys.hpp"
#include "node_scripts.hpp"
#include "redis_connection.hpp"

#include <boost/system/error_code.hpp>

#include <cstdint>
#include <map>
#include <utility>

namespace ringcast::router {
namespace {

class RedisControl final : public NodeControl {
public:
    RedisControl(boost::asio::any_io_executor executor, NodeOptions options, std::string name)
        : executor_(std::move(executor)), options_(std::move(options)), name_(std::move(name)) {}

    // A node that answers AUTH or PING with an error is alive: whoever configured it wrongly must
    // not have it taken for dead.
    void probe(const Address& address, std::chrono::milliseconds timeout,
               ProbeHandler handler) override {
        open(
            address, timeout,
            [handler = std::move(handler)](Closed::Why why, bool opened) {
                const bool answered = opened || why == Closed::Why::not_admitted;
                handler(answered                      ? ProbeOutcome::answered
                        : why == Closed::Why::refused ? ProbeOutcome::refused
                                                      : ProbeOutcome::silent);
            },
            [this](std::uint64_t number) { finish(number, {}, true); });
    }

    void fence(const Address& address, ViewNumber fence, ViewNumber view, std::string record,
               std::chrono::milliseconds timeout, Handler handler) override {
        open(
            address, timeout,
            [handler = std::move(handler)](Closed::Why, bool fenced) {
                handler(fenced ? std::error_code{}
                               : std::make_error_code(std::errc::host_unreachable));
            },
            [this, fence, view, record = std::move(record)](std::uint64_t number) {
                // By EVALSHA, as everything else: EVAL is no command that our users need.
                calls_.at(number).connection->command(
                    {"SCRIPT", "LOAD", fence_script},
                    [this, number, fence, view, record](const resp::Reply& reply) {
                        if (reply.is_error()) return finish(number, Closed::Why::ended, false);
                        run(number, std::string(reply.text()), fence, view, record);
                    });
            });
    }

private:
    using Ended = std::function<void(Closed::Why why, bool done)>;

    struct Call {
        Ended ended;
        std::unique_ptr<RedisConnection> connection;
    };

    void run(std::uint64_t number, const std::string& sha, ViewNumber fence, ViewNumber view,
             const std::string& record) {
        const auto at = std::to_string(static_cast<std::uint64_t>(fence));
        const auto of = std::to_string(static_cast<std::uint64_t>(view));
        calls_.at(number).connection->command({"EVALSHA", sha, "2", node_keys::fence,
                                               node_keys::view, at, of, record, node_keys::control},
                                              [this, number](const resp::Reply& reply) {
                                                  finish(number, Closed::Why::ended,
                                                         !reply.is_error());
                                              });
    }

    /// Each call has a connection of its own, and as long to answer as to connect.
    void open(const Address& address, std::chrono::milliseconds timeout, Ended ended,
              std::function<void(std::uint64_t)> opened) {
        NodeOptions options = options_;
        options.connect_timeout = timeout;
        options.answer_timeout = timeout;
        const auto number = next_++;
        auto& call = calls_[number];
        call.ended = std::move(ended);
        call.connection = std::make_unique<RedisConnection>(executor_, std::move(options), name_);
        call.connection->open(
            address,
            {.opened = [number, opened = std::move(opened)] { opened(number); },
             .closed = [this, number](const Closed& closed) { finish(number, closed.why, false); },
             .pushed = {}});
    }

    void finish(std::uint64_t number, Closed::Why why, bool done) {
        const auto call = calls_.extract(number);
        call.mapped().ended(why, done);
    }

    boost::asio::any_io_executor executor_;
    NodeOptions options_;
    const std::string name_;
    std::map<std::uint64_t, Call> calls_;
    std::uint64_t next_ = 0;
};

}  // namespace

std::unique_ptr<NodeControl> make_node_control(boost::asio::any_io_executor executor,
                                               NodeOptions options, std::string name) {
    return std::make_unique<RedisControl>(std::move(executor), std::move(options), std::move(name));
}

}  // namespace ringcast::router
