#pragma once

#include "ringcast/router/view.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::router {

/// Where things stand in the cluster's tree of znodes.
namespace paths {
inline constexpr std::string_view nodes = "/nodes";
inline constexpr std::string_view gateways = "/gateways";
/// Under the id of a node: the number of the announced removal for which its agent gave up the
/// lease.
inline constexpr std::string_view yields = "/yields";
inline constexpr std::string_view coordinator = "/coordinator";
inline constexpr std::string_view view = "/view";
inline constexpr std::string_view acks = "/acks";
/// Where gateways meet in the handoff to a view: `stage` is one of the next two.
[[nodiscard]] std::string acks_of(ViewNumber view, std::string_view stage);
inline constexpr std::string_view acks_prepare = "prepare";
inline constexpr std::string_view acks_leave = "leave";
inline constexpr std::string_view requests = "/requests";
inline constexpr std::string_view lock = "/lock";
inline constexpr std::string_view config = "/config";
inline constexpr std::string_view history = "/history";
}  // namespace paths

/// Of the id of a node or gateway, and of a zone. The ring would take longer ones.
inline constexpr std::size_t id_size_max = 64;

/// Ids name znodes and stand in commands and logs: printable ASCII without blank or slash, and not
/// the two names that mean folders.
[[nodiscard]] bool is_entry_id(std::string_view id) noexcept;

/// Printable ASCII without blank; empty: none.
[[nodiscard]] bool is_zone(std::string_view zone) noexcept;

/// What a node's agent announces under `nodes/<id>`.
struct NodeEntry {
    std::string id;
    Address address;
    std::uint32_t weight = 100;
    std::string zone;
    std::string version;   ///< of its Redis
    std::string instance;  ///< random, one for each start of the agent
    struct Load {
        std::uint64_t channels = 0;  ///< with at least one gateway subscribed
        std::uint64_t gateways = 0;  ///< connected to it
        /// Published there. Nothing: not known yet.
        std::optional<std::uint64_t> messages_per_second = {};
        std::uint64_t memory_bytes = 0;
        friend bool operator==(const Load&, const Load&) = default;
    } load;

    friend bool operator==(const NodeEntry&, const NodeEntry&) = default;
};

/// What a gateway announces under `gateways/g-NNNNNNNNNN`.
struct GatewayEntry {
    std::string id;
    std::string client_url;  ///< ws://host:port/connection/websocket
    std::string admin_url;   ///< http://host:port
    std::string version;
    bool draining = false;
    std::vector<std::string> unreachable;  ///< members it has not reached for a while, by id
    struct Load {
        std::uint64_t clients = 0;
        std::uint64_t users = 0;
        std::uint64_t subscriptions = 0;
        std::uint64_t channels = 0;
        std::uint64_t messages_per_second = 0;  ///< received from nodes
        friend bool operator==(const Load&, const Load&) = default;
    } load;
    std::int64_t started_at = 0;  ///< Unix seconds

    friend bool operator==(const GatewayEntry&, const GatewayEntry&) = default;
};

/// When a request is to be carried out.
struct When {
    enum class Kind {
        now,
        window,  ///< daily between two times of the day, UTC; `until` below `from` passes midnight
        quiet,   ///< once the whole cluster's message rate was below a limit for a while
    };
    Kind kind = Kind::now;
    std::uint16_t from = 0;   ///< window: minutes after midnight, 0 to 1439; never equal to `until`
    std::uint16_t until = 0;  ///< window: likewise, the first minute that is outside
    std::uint64_t below = 0;  ///< quiet: messages a second over all nodes, at least 1
    std::uint32_t for_s = 0;  ///< quiet: for so long, a day at most

    friend bool operator==(const When&, const When&) = default;
};

/// What an operator asks for, under `requests/r-NNNNNNNNNN`. Taking the znode away cancels it, as
/// long as no old owner was fenced for it.
struct Request {
    enum class Kind {
        add,     ///< a node on standby becomes a member
        remove,  ///< a member goes to standby
        weight,  ///< a member gets another weight
        pin,     ///< a channel lives on a given member whatever its arc says
        unpin,   ///< a channel lives where its arc is
    };
    Kind kind = Kind::add;
    std::string node = {};     ///< empty for `unpin`
    std::string by = {};       ///< who asks, for the history
    std::int64_t at = 0;       ///< Unix seconds
    std::uint32_t weight = 0;  ///< `weight`; `add`: 0 means as the node registered
    std::string channel = {};  ///< `pin`, `unpin`: 1 to 255 bytes
    std::string undo_of = {};  ///< the znode name of the history entry that this takes back
    When when = {};
    /// Percents of the change of weight, rising, the last one 100: one handoff for each. Empty: one
    /// handoff. For `pin` and `unpin` there is nothing to divide.
    std::vector<std::uint32_t> steps = {};
    std::uint32_t rate = 0;  ///< channels a second that a gateway subscribes; 0: as configured
    /// `add`: channels that are pinned to the node as it joins, but for those that are pinned then.
    std::vector<std::string> pins = {};

    friend bool operator==(const Request&, const Request&) = default;
};

[[nodiscard]] std::string_view name_of(Request::Kind kind) noexcept;  ///< "add", "unpin"
[[nodiscard]] std::optional<Request::Kind> parse_request_kind(std::string_view name) noexcept;

/// A time of the day: "02:00" and minutes after midnight. Nothing unless it is one.
[[nodiscard]] std::optional<std::uint16_t> parse_time_of_day(std::string_view text) noexcept;
[[nodiscard]] std::string time_of_day_text(std::uint16_t minutes);

/// What was done to the ring, under `history/h-NNNNNNNNNN`. One for each request, however many
/// steps it took, and one for each change that nobody asked for.
struct HistoryEntry {
    std::string request;  ///< znode name of the request, empty when nobody asked
    /// A kind of request, or: "genesis", "death", "address" (a member registered at another one),
    /// "return" (a member that had died is back), "evict" (it answers, but its agent is gone).
    std::string what;
    std::string node;
    std::string by;
    bool done = false;    ///< false: refused, aborted or cancelled
    std::string reason;   ///< why it was done or not
    std::int64_t at = 0;  ///< Unix seconds, of the end
    std::int64_t took_ms = 0;
    std::uint64_t view = 0;  ///< number of the view that came of it, or stayed in force
    std::uint64_t arcs_moved = 0;
    std::string channel = {};         ///< pin, unpin
    std::string node_before = {};     ///< pin, unpin: the member it was pinned to before, if any
    std::uint32_t weight = 0;         ///< of the member afterwards; 0: none, it is no member
    std::uint32_t weight_before = 0;  ///< 0: it was no member
    /// Channels that were pinned to the node, the first hundred: "remove", "death", "evict", the
    /// pins that went with it; "add", "return", those that hold with it.
    std::vector<std::string> pins = {};
    std::string undo_of = {};
    std::uint32_t steps = 0;          ///< handoffs that it took; 0: nothing was handed over
    struct Phases {                   ///< over all steps
        std::int64_t prepare_ms = 0;  ///< from the proposal to the last acknowledgement
        std::int64_t fence_ms = 0;    ///< from there to the commit
        std::int64_t leave_ms = 0;    ///< from there until the gateways had left what moved away
        friend bool operator==(const Phases&, const Phases&) = default;
    } phases = {};
    std::uint32_t gateways = 0;   ///< that acknowledged the last step
    std::int64_t started_at = 0;  ///< Unix seconds

    friend bool operator==(const HistoryEntry&, const HistoryEntry&) = default;
};

/// JSON for a znode. Parsing refuses (nothing) what is not JSON, lacks a required field or has an
/// impossible value; unknown fields are ignored. The id of a node is the name of its znode.
[[nodiscard]] std::string encode(const NodeEntry& entry);
[[nodiscard]] std::string encode(const GatewayEntry& entry);
[[nodiscard]] std::string encode(const Request& request);
[[nodiscard]] std::string encode(const HistoryEntry& entry);
[[nodiscard]] std::optional<NodeEntry> parse_node_entry(std::string_view id, std::string_view json);
[[nodiscard]] std::optional<GatewayEntry> parse_gateway_entry(std::string_view json);
[[nodiscard]] std::optional<Request> parse_request(std::string_view json);
[[nodiscard]] std::optional<HistoryEntry> parse_history_entry(std::string_view json);

}  // namespace ringcast::router
