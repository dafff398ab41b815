#include "http_head.hpp"

#include <boost/beast/http/field.hpp>

namespace ringcast::gateway {

namespace http = boost::beast::http;

HandshakeRequest handshake_request(const http::header<true, http::fields>& head) {
    const auto view = [](boost::beast::string_view text) {
        return std::string_view(text.data(), text.size());
    };
    HandshakeRequest request;
    request.method = view(head.method_string());
    request.version = head.version();
    request.target = view(head.target());
    request.host = view(head[http::field::host]);
    request.connection = view(head[http::field::connection]);
    request.upgrade = view(head[http::field::upgrade]);
    request.key = view(head[http::field::sec_websocket_key]);
    request.websocket_version = view(head[http::field::sec_websocket_version]);
    request.protocols = view(head[http::field::sec_websocket_protocol]);
    if (head.count(http::field::origin) > 0) request.origin = view(head[http::field::origin]);
    for (const auto field : {http::field::host, http::field::sec_websocket_key,
                             http::field::sec_websocket_version, http::field::origin}) {
        request.repeats_field = request.repeats_field || head.count(field) > 1;
    }
    return request;
}

}  // namespace ringcast::gateway
