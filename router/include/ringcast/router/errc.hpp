#pragma once

#include <boost/system/error_code.hpp>

namespace ringcast::router {

/// Why the router could not do what it was asked. All but `too_large` are temporary.
enum class Errc {
    no_view = 1,       ///< no view of the ring is known yet
    unreachable,       ///< the owner's node did not answer for longer than publishes are held
    hold_full,         ///< too much is held back already
    outcome_unknown,   ///< the link broke after it was sent: it may have been published or not
    refused,           ///< the node has no lease, or was fenced by a view that did not come
    too_large,         ///< more than a node is given in one call
    stopped,           ///< the router is stopping
};

[[nodiscard]] const boost::system::error_category& router_category() noexcept;
[[nodiscard]] boost::system::error_code make_error_code(Errc code) noexcept;

}  // namespace ringcast::router

template <>
struct boost::system::is_error_code_enum<ringcast::router::Errc> : std::true_type {};
