// What comes to the operators' port: the head of a request, in two pieces, and what its query says.
#include "admin_request.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <cstdint>
#include <string>

namespace http = boost::beast::http;
namespace gateway = ringcast::gateway;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string bytes(reinterpret_cast<const char*>(data + 1), size - 1);
    const std::size_t cut = bytes.size() * data[0] / 256;

    http::request_parser<http::empty_body> parser;
    parser.header_limit(8'192);
    boost::system::error_code failure;
    std::size_t used = 0;
    for (const std::size_t end : {cut, bytes.size()}) {
        if (parser.is_done()) break;
        failure = {};
        used += parser.put(boost::asio::buffer(bytes.data() + used, end - used), failure);
        if (failure && failure != http::error::need_more) return 0;
    }
    if (!parser.is_header_done()) return 0;

    const auto request = gateway::admin_request(parser.get().base());
    if (request.path.find('?') != std::string_view::npos) __builtin_trap();
    (void)gateway::query_value(request.query, "");
    if (const auto arcs = gateway::query_value(request.query, "arcs")) {
        std::size_t end = 0;
        for (const auto& run :
             gateway::parse_arcs(*arcs).value_or(std::vector<gateway::ArcRun>{})) {
            if (run.length == 0 || run.first < end) __builtin_trap();
            end = run.first + run.length;
            if (end > ringcast::ring::arc_count) __builtin_trap();
        }
    }
    if (const auto rate = gateway::query_value(request.query, "rate")) {
        if (gateway::parse_rate(*rate).value_or(0) > 1'000'000) __builtin_trap();
    }
    return 0;
}
