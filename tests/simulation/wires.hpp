#pragma once

#include "history.hpp"
#include "in_process_node.hpp"
#include "node_connection.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

namespace ringcast::simulation {

class SimulatedGateway;
class SimulatedNode;

/// The connections between one gateway and the nodes, for somebody who listens in and changes
/// nothing: what of a gateway can be seen from outside and is neither in the znodes nor in what its
/// clients hear.
class Wires {
public:
    /// One call of the publish script.
    struct Batch {
        router::ViewNumber view{};
        std::vector<Message> messages;
    };
    /// Where a channel stands on a connection.
    enum class Standing : std::uint8_t {
        asked,      ///< SUBSCRIBE is under way
        confirmed,  ///< its messages come
        leaving,    ///< UNSUBSCRIBE is under way
    };
    /// One connection, for its life.
    struct Wire {
        const SimulatedNode* node;
        router::NodeConnection::Purpose purpose;
        bool up = false;                                  ///< the control channel is confirmed
        router::ViewNumber fence{};                       ///< the highest that was said on it
        std::map<std::uint32_t, Standing> channels = {};  ///< by number
        std::deque<Batch> unanswered = {};                ///< in the order of sending
        std::vector<Message> displaced = {};              ///< refused as fenced, while others ...
        router::ViewNumber displaced_by{};  ///< ... by views before this one are unanswered
        bool displaced_waited = false;      ///< ... for that
    };
    /// Each is called just before the gateway hears of it itself.
    struct Taps {
        std::function<void(SimulatedGateway&, Wire&, const Batch&, const router::PublishAnswer&)>
            answered;
        std::function<void(SimulatedGateway&, const Wire&, std::uint32_t channel,
                           std::string_view payload)>
            delivers;
        std::function<void(SimulatedGateway&, const Wire&)> breaks;
    };

    Wires(SimulatedGateway& gateway, const Taps& taps) : gateway_(gateway), taps_(taps) {}

    [[nodiscard]] std::unique_ptr<router::NodeConnection> connect(
        SimulatedNode& node, router::NodeConnection::Purpose purpose,
        router::NodeConnection::Observer& observer);

    [[nodiscard]] const std::list<Wire>& all() const noexcept { return wires_; }
    /// The highest that a node named to it, in force or with the fences begun: a record that it
    /// asked for.
    [[nodiscard]] router::ViewNumber told() const noexcept { return told_; }

private:
    class Tapped;

    SimulatedGateway& gateway_;
    const Taps& taps_;
    std::list<Wire> wires_;
    router::ViewNumber told_{};
};

}  // namespace ringcast::simulation
