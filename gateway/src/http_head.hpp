#pragma once

#include "handshake.hpp"

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>

namespace ringcast::gateway {

/// What of a request's head decides about a handshake; views into the head.
[[nodiscard]] HandshakeRequest handshake_request(
    const boost::beast::http::header<true, boost::beast::http::fields>& head);

}  // namespace ringcast::gateway
