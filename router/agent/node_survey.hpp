#pragma once

#include "agent_machine.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ringcast::router {

/// The value of a line `name:value` of Redis's INFO, empty when it is not there.
[[nodiscard]] std::string_view info_field(std::string_view info, std::string_view name);

/// The gateway that a connection of CLIENT LIST belongs to by its name, empty when to none. The
/// links name their connections `ringcast:<gateway-id>:<what for>`.
[[nodiscard]] std::string_view gateway_of(std::string_view connection_name);

/// Makes of what Redis tells about itself what an agent wants to know. Numbers are rounded, so that
/// an idle node's report does not change with every probe: rates to two digits, memory to MiB.
class NodeSurvey {
public:
    using Time = AgentMachine::Time;

    /// `info`: INFO everything; `clients`: CLIENT LIST TYPE pubsub; both as answered at `now`.
    [[nodiscard]] agent_event::Surveyed take(std::string_view info, std::string_view clients,
                                             Time now);

private:
    std::optional<Time> last_at_;
    std::uint64_t last_published_ = 0;
};

}  // namespace ringcast::router
