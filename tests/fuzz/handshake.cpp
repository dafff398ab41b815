// The head of a request, as it comes from the wire in two pieces: parsed within its limit and
// decided.
#include "handshake.hpp"

#include "http_head.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace http = boost::beast::http;
namespace gateway = ringcast::gateway;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string bytes(reinterpret_cast<const char*>(data + 1), size - 1);
    const std::size_t cut = bytes.size() * data[0] / 256;

    http::request_parser<http::empty_body> parser;
    parser.header_limit(8'192);
    parser.eager(false);
    boost::system::error_code failure;
    std::size_t used = 0;
    for (const std::size_t end : {cut, bytes.size()}) {
        if (parser.is_header_done()) break;
        failure = {};
        used += parser.put(boost::asio::buffer(bytes.data() + used, end - used), failure);
        if (failure && failure != http::error::need_more) return 0;
    }
    if (!parser.is_header_done()) return 0;

    const auto request = gateway::handshake_request(parser.get().base());
    for (const std::vector<std::string>& origins :
         {std::vector<std::string>{}, {"*"}, {"https://*.example.org", "http://localhost:*"}}) {
        const auto decision = gateway::decide(request, origins);
        if (const auto* accepted = std::get_if<gateway::HandshakeAcceptance>(&decision)) {
            if (request.method != "GET" || (request.origin && origins.empty())) __builtin_trap();
            if (!accepted->protocol.empty() && accepted->protocol != "centrifuge-json") {
                __builtin_trap();
            }
        } else {
            const auto status = gateway::status(std::get<gateway::HandshakeRefusal>(decision));
            if (status < 400 || status > 503) __builtin_trap();
        }
    }
    (void)gateway::path_of(request.target);
    return 0;
}
