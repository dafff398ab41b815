#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace ringcast::router {

/// How a process speaks to the nodes. Times and sizes that are zero are refused unless said
/// otherwise.
struct NodeOptions {
    std::string user;      ///< Redis ACL user; empty: the default user
    std::string password;  ///< empty: no AUTH
    std::chrono::milliseconds connect_timeout{1'000};
    std::chrono::milliseconds answer_timeout{
        2'000};  ///< a command unanswered for so long breaks the link
    std::chrono::milliseconds probe_interval{
        1'000};  ///< of the delivery probe on the control channel
    std::chrono::milliseconds probe_timeout{
        3'000};  ///< without a probe for so long the link is deaf: broken
    std::chrono::milliseconds backoff_min{50};
    std::chrono::milliseconds backoff_max{2'000};
    std::size_t reply_bytes_max = 8U << 20U;  ///< a larger reply breaks the link
    std::uint64_t chance_seed = 0;  ///< of the spread of reconnects; 0: another one each time
};

struct RouterOptions {
    std::string gateway_id;  ///< names this gateway's connections and probes at the nodes
    NodeOptions node;
    std::size_t channels_per_connection_max = 16'384;
    std::size_t subscribe_batch_max = 512;        ///< channels in one SUBSCRIBE
    std::size_t publish_batch_max = 64;           ///< publishes in one call of the script
    std::size_t publishes_in_flight_max = 4'096;  ///< per member; more are held
    std::chrono::milliseconds hold_time_max{
        4'000};                               ///< then a held publish fails with `unreachable`
    std::size_t hold_bytes_max = 64U << 20U;  ///< over all channels; then `hold_full`
    std::size_t early_bytes_max =
        64U << 20U;  ///< kept of new owners until the old ones are done; then gaps are told. As
                     ///< much of a connection until its fence is known; then it is broken
    std::chrono::milliseconds linger{
        1'000};  ///< of a subscription after its last listener; 0: none
    std::chrono::milliseconds unreachable_after{
        300};  ///< a link down for so long is reported to the cluster
};

/// How a coordinator decides.
struct CoordinatorOptions {
    std::size_t genesis_nodes_min = 1;                ///< the first view waits for so many nodes
    std::chrono::milliseconds genesis_settle{1'000};  ///< ... and for so long without a newcomer
    std::chrono::milliseconds probe_timeout{500};     ///< of the direct probe of a suspected node
    std::chrono::milliseconds death_grace{500};       ///< unreachable for so long: removed
    std::chrono::milliseconds fence_timeout{1'000};   ///< of one attempt to fence a node
    /// Announced so long ago, a member that may be alive has no lease any more: what its agent
    /// grants (5 s), and a second for clocks that run apart.
    std::chrono::milliseconds lease_wait{6'000};
    /// A node that the others reach is tried for so long, then another gateway is to lead; each
    /// time it comes to that, for twice as long, up to the second.
    std::chrono::milliseconds reach_patience{2'000};
    std::chrono::milliseconds reach_patience_max{60'000};
    std::chrono::milliseconds stand_again_after{1'000};  ///< ... and until this one stands again
    std::chrono::milliseconds abandoned_grace{
        10'000};  ///< answers, but its entry is gone: moved out
    std::chrono::milliseconds return_settle{
        2'000};  ///< a dead member is back for so long: taken back
    /// What is to be added may register so long after it was asked for: who has started it, or sees
    /// it by another server of ZooKeeper, may be ahead of the coordinator.
    std::chrono::milliseconds registration_wait{3'000};
    unsigned vanish_percent_max =
        50;  ///< when more members than this vanish at once nothing is removed
    std::uint64_t ring_seed = 0;
    std::function<std::int64_t()> unix_seconds = {};  ///< the date; empty: the system's
};

}  // namespace ringcast::router
