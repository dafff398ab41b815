#pragma once

#include "link_id.hpp"
#include "ringcast/router/view.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ringcast::router {

/// Where a view sends what: its ring, and the link to each of its members. A value, kept by the
/// routing machines as long as something was sent by it.
struct Destinations {
    ViewNumber view{};
    ring::Ring ring;
    std::vector<LinkId> links;  ///< of the ring's members, in their order

    [[nodiscard]] LinkId link_of(std::string_view channel) const noexcept {
        return links[ring.owner(channel)];
    }
};

}  // namespace ringcast::router
