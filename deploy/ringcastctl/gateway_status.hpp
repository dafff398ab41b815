#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::ctl {

/// What a gateway's `/status` says, as far as it concerns changes of the ring.
struct GatewayStatus {
    /// How far this gateway is with the handoff that runs.
    struct Handoff {
        std::uint64_t view = 0;
        std::string stage;  ///< "prepare", "fence", "leave"
        std::uint64_t moving = 0;
        std::uint64_t prepared = 0;
        std::uint64_t switched = 0;
        std::uint64_t left = 0;
    };
    /// Of the gateway that leads: what it is doing as coordinator.
    struct Coordination {
        std::string waiting;  ///< what the first request waits for; empty: for nothing
        struct Turn {
            std::string request;
            bool due = false;       ///< its time has come
            std::string waits_for;  ///< empty: it may begin at once
        };
        std::vector<Turn> turns;  ///< of the requests for which no handoff runs
        struct Running {
            std::uint64_t view = 0;
            std::string stage;
            std::string request;  ///< empty: nobody asked
            std::uint32_t step = 0;
            std::uint32_t steps = 0;
            std::vector<std::string> waiting_for;  ///< znodes of gateways, ids of nodes to fence
        };
        std::optional<Running> handoff;
        struct Removal {
            std::string node;
            std::string waits_for;
            std::uint64_t left_ms = 0;  ///< until it goes at the latest; 0: that is not known
        };
        std::vector<Removal> removals;  ///< announced: members that are taken for dead

        [[nodiscard]] const Turn* turn_of(std::string_view request) const {
            for (const Turn& turn : turns) {
                if (turn.request == request) return &turn;
            }
            return nullptr;
        }
    };

    std::string id;
    std::string trouble;  ///< why it does not tell; then nothing else is set
    std::optional<Handoff> handoff;
    std::optional<Coordination> coordination;
};

/// `trouble` is set when it is not the status of a gateway.
[[nodiscard]] GatewayStatus parse_gateway_status(const std::string& id, std::string_view json);

}  // namespace ringcast::ctl
