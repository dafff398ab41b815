#pragma once

#include "client_connection.hpp"
#include "event_loop.hpp"
#include "seats.hpp"
#include "traffic.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace ringcast::bench {

/// The clients of one gateway of a cluster that runs already: WebSocket connections on a thread of
/// their own, subscribed to the gateway's share of the channels and publishing at a steady rate.
/// They keep within the limits that gateways have unless configured otherwise, and keep the history
/// of all that they sent and heard. What BenchGateway is inside, this is from outside. All
/// functions are for the main thread.
///
/// A connection that breaks, and a gateway that refuses what a bench needs, end the measurement:
/// `trouble` says what to do about it.
class GatewayClients {
public:
    struct Settings {
        std::string gateway;  ///< its id, for whoever reads of it
        ClientPlace place;
        std::string token;   ///< empty: none is sent; never told to anybody else
        std::string prefix;  ///< of all channels
        std::string run;     ///< tells this run's messages from others'
        std::size_t connections = 1;
        std::uint32_t seconds = 0;  ///< that connections have to last
    };

    GatewayClients(std::size_t index, Load load, Settings settings);
    /// Closes every connection: the gateway forgets its clients and their subscriptions.
    ~GatewayClients();

    /// Starts to connect and to subscribe; `confirmed` counts up to `wanted`.
    void subscribe();
    [[nodiscard]] std::uint64_t wanted() const noexcept { return seats_.subscriptions(); }
    [[nodiscard]] std::uint64_t confirmed() const noexcept { return confirmed_; }
    /// Connections that the gateway admitted, and how many there are to be.
    [[nodiscard]] std::size_t admitted() const noexcept { return admitted_; }
    [[nodiscard]] std::size_t connections() const noexcept { return settings_.connections; }
    [[nodiscard]] const std::string& gateway() const noexcept { return settings_.gateway; }

    void publish();  ///< starts to
    void stop_publishing();

    [[nodiscard]] const Traffic& traffic() const noexcept { return traffic_; }

    /// The first thing that went wrong, a sentence; empty: nothing did.
    [[nodiscard]] std::string trouble();

    /// What they sent and heard so far, handed over. Requires: they do not publish.
    void take(std::vector<Sent>& sent, std::vector<Heard>& heard);

private:
    struct Client;

    void open_more();
    void open(std::size_t number);
    void take_line(Client& client, std::string_view text);
    void take_reply(Client& client, const ServerLine& line);
    void take_connected(Client& client, const ServerLine& line);
    void take_subscribed(Client& client, std::uint32_t channel, const ServerLine& line);
    void subscribe_more(Client& client);
    void publish_due();
    void fail(std::string why);

    const std::size_t index_;
    const Load load_;
    const Settings settings_;
    const Seats seats_;
    std::atomic<std::uint64_t> confirmed_ = 0;
    std::atomic<std::size_t> admitted_ = 0;

    EventLoop loop_;
    // All below lives on the loop's thread.
    std::vector<std::unique_ptr<Client>> clients_;
    std::size_t next_client_ = 0;  ///< to be opened
    std::size_t busy_ = 0;         ///< opened, and not yet subscribed to their first channels
    membership::Token timer_;
    bool publishing_ = false;
    Traffic traffic_;
    std::string trouble_;
};

}  // namespace ringcast::bench
