#pragma once

#include "snapshot.hpp"

#include <string>
#include <string_view>

namespace ringcast::gateway {

struct AdminPage {
    unsigned status = 200;
    std::string content_type = "application/json";
    std::string body;
};

/// The operators' pages of one gateway:
///   /health   200 while the process serves its operators
///   /ready    200, or 503 with the reasons: whether newcomers should come here
///   /metrics  for Prometheus
///   /status   the same as JSON, and each link
class AdminPages {
public:
    [[nodiscard]] AdminPage answer(std::string_view method, std::string_view path,
                                   const Snapshot& snapshot);

private:
    bool was_ready_ = false;
};

}  // namespace ringcast::gateway
