#pragma once

#include "redis_server.hpp"
#include "ringcast/membership/in_process.hpp"
#include "ringcast/membership/scheduler.hpp"
#include "ringcast/router/router.hpp"
#include "ringcast/router/view.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::router::test {

/// What a listener received, channel by channel: texts, and "(gap)" for a gap.
class Received final : public Listener {
public:
    void deliver(std::span<const Delivery> deliveries) override {
        total += deliveries.size();
        for (const Delivery& one : deliveries) {
            on[*one.channel].push_back(one.kind == Delivery::Kind::gap ? "(gap)" : *one.text);
        }
    }
    [[nodiscard]] std::size_t count(const std::string& channel, std::string_view text) const;

    std::map<std::string, std::vector<std::string>> on;
    std::size_t total = 0;
};

/// Real Redis servers, and routers on one event loop that the test turns until something holds. The
/// tree of znodes is in-process: the test writes the view itself.
class RedisWorld {
public:
    struct Gateway {
        std::unique_ptr<membership::Znodes> znodes;
        std::unique_ptr<LinkFactory> links;
        Received received;
        std::unique_ptr<Router> router;
    };

    /// Starts the servers, each with its lease; their arguments are added to the command line.
    explicit RedisWorld(std::size_t servers, std::vector<std::string> arguments = {});
    ~RedisWorld();

    /// Options under which no link is given up because a server, or the whole machine, is slow.
    [[nodiscard]] static RouterOptions patient();

    Gateway& add_gateway(RouterOptions options = patient());

    /// Makes a view of these servers: the first, or the one after.
    void change_view(const std::vector<std::size_t>& members);

    /// Turns the loop until the condition holds; false after ten seconds, or the given time.
    bool run_until(const std::function<bool()>& condition,
                   std::chrono::milliseconds limit = std::chrono::seconds(10));

    /// Turns the loop until all links of the gateway are up.
    [[nodiscard]] bool run_until_linked(const Gateway& gateway);

    /// Subscribes and turns the loop until all are confirmed.
    [[nodiscard]] bool subscribe(Gateway& gateway, const std::vector<std::string>& channels);

    /// Publishes and turns the loop until it is answered.
    [[nodiscard]] boost::system::error_code publish(Gateway& gateway, const std::string& channel,
                                                    const std::string& payload);

    /// Of the server that carries the channel by the view of the gateway.
    [[nodiscard]] std::size_t owner_of(const Gateway& gateway, const std::string& channel) const;
    [[nodiscard]] static std::string id_of(std::size_t server) {
        return "redis-" + std::to_string(server);
    }

    boost::asio::io_context loop;
    std::unique_ptr<membership::Scheduler> scheduler;
    membership::InProcessEnsemble ensemble;
    std::deque<ringcast::test::RedisServer> servers;
    std::deque<Gateway> gateways;

private:
    std::unique_ptr<membership::Znodes> coordinator_;
    std::optional<View> view_;
};

/// As an inline command of Redis takes it: the name of a key of ours.
[[nodiscard]] std::string quoted(std::string_view key);

}  // namespace ringcast::router::test
