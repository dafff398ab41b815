#pragma once

#include "admin_channels.hpp"
#include "admin_request.hpp"
#include "snapshot.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ringcast::gateway {

struct AdminPage {
    unsigned status = 200;
    std::string content_type = "application/json";
    std::string body;
    /// What follows of a long page: appends a slice to its argument, false when it was the last.
    std::function<bool(std::string&)> more = {};
    /// Fields of the header beside the usual ones, name and value.
    std::vector<std::pair<std::string, std::string>> fields = {};
};

/// What operators can see of the gateway or have it do beyond its numbers.
struct AdminControls {
    ChannelPoints::Source channels;
    std::size_t subscribe_batch_max = 0;  ///< of them in one command to a node

    /// Sends its clients away, at so many a second or as configured, and ends. A sentence when it
    /// cannot. Asked again it goes on at the rate that is said now, or as it does.
    std::function<std::optional<std::string>(std::optional<unsigned> rate)> drain;
};

/// The operators' pages of one gateway:
///   /health   200 while the process serves its operators
///   /ready    200, or 503 with the reasons: whether newcomers should come here
///   /metrics  for Prometheus
///   /status   the same as JSON, and each link
///   /channels?arcs=first-length,...   the points of its channels, all or on these arcs
///   /drain?rate=N   POST: sends its clients elsewhere, then ends
class AdminPages {
public:
    explicit AdminPages(AdminControls controls) : controls_(std::move(controls)) {}

    [[nodiscard]] AdminPage answer(const AdminRequest& request, const Snapshot& snapshot);

private:
    [[nodiscard]] AdminPage channels(std::string_view query) const;
    [[nodiscard]] AdminPage drain(std::string_view query, const Snapshot& snapshot) const;

    AdminControls controls_;
    bool was_ready_ = false;
};

}  // namespace ringcast::gateway
