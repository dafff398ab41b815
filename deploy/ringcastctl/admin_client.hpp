#pragma once

#include "move_plan.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::ctl {

/// Host and port of "http://host:port", with or without a slash at the end; IPv6 in brackets.
struct AdminPlace {
    std::string host;
    std::string port;
    friend bool operator==(const AdminPlace&, const AdminPlace&) = default;
};
[[nodiscard]] std::optional<AdminPlace> parse_admin_url(std::string_view url);

struct AdminAnswer {
    std::string trouble;  ///< why there is no answer; empty when there is one
    unsigned status = 0;
    std::string body;
    std::string subscribe_batch = {};  ///< what Ringcast-Subscribe-Batch says in its header
};

/// One request to a gateway's admin port, for an answer of some megabytes at most. The handler is
/// called once, on the executor, within `timeout` of the last byte that came; finding the gateway's
/// address and connecting take no longer than that together.
void ask_gateway(boost::asio::any_io_executor executor, const std::string& admin_url,
                 std::string method, std::string target, std::chrono::milliseconds timeout,
                 std::function<void(AdminAnswer)> handler);

/// Whether the system still looks up a gateway's name, though nobody may wait for it any more: it
/// cannot be told to stop, and the end of the executor's context waits for it.
[[nodiscard]] bool is_looking_up() noexcept;

/// What a gateway tells as its points on these arcs. More arcs than fit into one request are asked
/// for in several, one after the other. Requires: ascending, not overlapping.
void ask_channels(boost::asio::any_io_executor executor, const std::string& id,
                  const std::string& admin_url, const std::vector<Arcs>& arcs,
                  std::chrono::milliseconds timeout, std::function<void(GatewayChannels)> handler);

/// The targets of those requests. None when there are no arcs.
[[nodiscard]] std::vector<std::string> channel_targets(const std::vector<Arcs>& arcs);

/// The points in an answer, appended; false when they cannot be points in ascending order.
[[nodiscard]] bool take_points(std::string_view body, std::vector<std::uint64_t>& points);

/// How many channels a gateway puts into one SUBSCRIBE by what that field says; as many as by
/// default where it says nothing: older gateways do not.
[[nodiscard]] std::size_t batch_in(std::string_view field);

}  // namespace ringcast::ctl
