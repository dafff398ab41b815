#pragma once

#include "ringcast/ring/hash.hpp"

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace ringcast::gateway {

/// What an operator's program asks of the admin port; views into the request's head.
struct AdminRequest {
    std::string_view method;
    std::string_view path;   ///< up to the question mark
    std::string_view query;  ///< after it
};

[[nodiscard]] AdminRequest admin_request(
    const boost::beast::http::header<true, boost::beast::http::fields>& head);

/// The value of `name=value` in a query, nothing when it is not there. Nothing is unescaped: no
/// page has a value that would need it.
[[nodiscard]] std::optional<std::string_view> query_value(std::string_view query,
                                                          std::string_view name);

/// Neighbouring arcs.
struct ArcRun {
    ring::Arc first = 0;
    std::size_t length = 0;

    friend bool operator==(const ArcRun&, const ArcRun&) = default;
};

/// "first-length,first-length": runs in ascending order, none empty, none overlapping, all on the
/// circle. Nothing when it is anything else.
[[nodiscard]] std::optional<std::vector<ArcRun>> parse_arcs(std::string_view text);

/// Sessions a second, 0 to a million. Nothing when it is anything else.
[[nodiscard]] std::optional<unsigned> parse_rate(std::string_view text);

}  // namespace ringcast::gateway
