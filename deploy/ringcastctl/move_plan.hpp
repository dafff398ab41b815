#pragma once

#include "footing.hpp"
#include "ringcast/ring/diff.hpp"
#include "ringcast/router/entries.hpp"
#include "ringcast/router/options.hpp"
#include "ringcast/router/plan.hpp"
#include "ringcast/router/settings.hpp"
#include "ringcast/router/view.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ringcast::ctl {

/// Channels in one SUBSCRIBE, unless gateways are configured otherwise: what moves waits until a
/// command is full, or nothing more is to come.
inline constexpr std::size_t command_channels = router::RouterOptions{}.subscribe_batch_max;

/// What a request would do to the ring, by the coordinator's own rules.
struct RingPlan {
    bool done = false;                ///< false: it would be refused
    std::string reason;               ///< why it would be refused, or nothing be done
    std::vector<router::View> views;  ///< the view in force, then the one after each step
};

/// Requires: the record is of a view, with none proposed.
[[nodiscard]] RingPlan plan_ring(const router::ViewRecord& record, const router::Nodes& nodes,
                                 const router::Request& request);

/// Neighbouring arcs; `end` is one past the last.
struct Arcs {
    std::size_t first = 0;
    std::size_t end = 0;
    friend bool operator==(const Arcs&, const Arcs&) = default;
};

/// The arcs whose channels must be known to count what a plan moves: all that change owner in any
/// step, and those of channels that are pinned. Ascending, no two touching.
[[nodiscard]] std::vector<Arcs> arcs_of_interest(const RingPlan& plan);

/// What a gateway answered: the points of its channels on the arcs of interest, ascending.
struct GatewayChannels {
    std::string id;
    std::string trouble;  ///< why it did not answer; then there are no points
    std::vector<std::uint64_t> points;
    std::size_t batch = command_channels;  ///< that it puts into one SUBSCRIBE; positive
};

/// What moves between two members. A subscription is one gateway's interest in a channel.
struct Flow {
    std::string from;
    std::string to;
    std::size_t arcs = 0;
    std::uint64_t channels = 0;       ///< counted once over all gateways
    std::uint64_t subscriptions = 0;  ///< counted once for each gateway
    friend bool operator==(const Flow&, const Flow&) = default;
};

struct GatewayLoad {
    std::string id;
    std::uint64_t subscriptions = 0;  ///< that it makes anew, and as many that it leaves
    std::uint64_t subscribes = 0;     ///< commands: full batches, and the rest for each member
    std::uint64_t unsubscribes = 0;   ///< likewise; one more for a member if the first is not full
};

struct MemberShare {
    std::string id;
    std::uint32_t weight_before = 0;  ///< 0: no member
    std::uint32_t weight_after = 0;
    std::size_t arcs_before = 0;
    std::size_t arcs_after = 0;
    std::uint64_t channels_in = 0;
    std::uint64_t channels_out = 0;
};

/// One handoff.
struct StepPlan {
    std::uint32_t percent = 100;
    std::size_t arcs = 0;
    std::uint64_t channels = 0;
    std::uint64_t subscriptions = 0;
    double seconds = 0;
    double prepare_seconds = 0;  ///< until all new subscriptions are made, first of all the rest of
                                 ///< the step before, which nobody waited for; of one step only
    std::vector<Flow> flows;  ///< by from and to
    std::vector<GatewayLoad> gateways;
    std::vector<MemberShare> members;  ///< before this step and after it
};

struct MovePlan {
    router::Request request;
    bool done = false;
    std::string reason;
    std::uint32_t rate = 0;  ///< channels a second that each gateway moves
    std::uint32_t prepare_seconds_max = 0;
    std::vector<StepPlan> steps;
    StepPlan total;                 ///< the steps together: what moves in two of them counts twice
    std::vector<std::string> mute;  ///< gateways that did not answer, with their trouble
    std::optional<Footing>
        footing;  ///< what it stands upon, if that is more than the ring in force

    /// The number of the first step that would be given up because gateways had not prepared it by
    /// `prepare_seconds_max`; nothing when there is none.
    [[nodiscard]] std::optional<std::size_t> given_up_at() const;
};

/// Counts. Channels and subscriptions are exact; commands follow from the batch of each gateway,
/// seconds from the rate, the request's or else the cluster's, and what was measured
/// (move_time.hpp).
[[nodiscard]] MovePlan plan_moves(const router::Request& request, const RingPlan& plan,
                                  const std::vector<GatewayChannels>& gateways,
                                  const router::ClusterSettings& settings);

}  // namespace ringcast::ctl
