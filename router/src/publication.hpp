#pragma once

#include "ringcast/membership/scheduler.hpp"
#include "ringcast/router/router.hpp"

#include <cstdint>
#include <string>

namespace ringcast::router {

using Clock = membership::Scheduler::Clock;

/// One publish on its way to a node. It is kept until the node has answered: it may have to be sent
/// again.
struct Publication {
    std::string channel;
    std::string payload;  ///< as it stands on the node: the kind's byte first
    Router::Handler answered;
    std::uint64_t sequence = 0;  ///< the order of the calls to `publish`, over all channels
    Clock::time_point since{};   ///< when it was given to the router
    ViewNumber view{};           ///< by which it was sent last; 0: not yet
    bool fenced = false;         ///< kept back because its former owner is

    [[nodiscard]] std::size_t bytes() const noexcept { return channel.size() + payload.size(); }
};

/// What a node said to one call of the publish script, for all publishes of that call.
struct PublishAnswer {
    enum class Kind {
        accepted,  ///< all were published
        stale,     ///< none was: the node is fenced at `view`
        again,     ///< none was: no lease, no script, or still loading its data
        unknown,   ///< an error that does not tell whether some were
    };
    Kind kind = Kind::accepted;
    ViewNumber view{};                         ///< stale only
    std::chrono::milliseconds retry_after{0};  ///< again only
};

}  // namespace ringcast::router
