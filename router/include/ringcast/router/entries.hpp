#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ringcast/router/view.hpp"

namespace ringcast::router {

/// Where things stand in the cluster's tree of znodes.
namespace paths {
inline constexpr std::string_view nodes = "/nodes";
inline constexpr std::string_view gateways = "/gateways";
inline constexpr std::string_view coordinator = "/coordinator";
inline constexpr std::string_view view = "/view";
inline constexpr std::string_view acks = "/acks";
inline constexpr std::string_view requests = "/requests";
inline constexpr std::string_view lock = "/lock";
inline constexpr std::string_view config = "/config";
inline constexpr std::string_view history = "/history";
}  // namespace paths

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
        std::uint64_t messages_per_second = 0;
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

/// What an operator asks for, under `requests/r-NNNNNNNNNN`.
struct Request {
    enum class Kind { add, remove };
    Kind kind = Kind::add;
    std::string node;
    std::string by;       ///< who asks, for the history
    std::int64_t at = 0;  ///< Unix seconds

    friend bool operator==(const Request&, const Request&) = default;
};

[[nodiscard]] std::string_view name_of(Request::Kind kind) noexcept;  ///< "add", "remove"

/// What was done to the ring, under `history/h-NNNNNNNNNN`.
struct HistoryEntry {
    std::string request;      ///< znode name of the request, empty when nobody asked (genesis, death)
    std::string what;         ///< "genesis", "add", "remove", "death", "address"
    std::string node;
    std::string by;
    bool done = false;        ///< false: refused
    std::string reason;       ///< why it was refused or done
    std::int64_t at = 0;      ///< Unix seconds
    std::int64_t took_ms = 0;
    std::uint64_t view = 0;   ///< number of the view that came of it
    std::uint64_t arcs_moved = 0;

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
