#include "client_protocol.hpp"

#include "loose_json.hpp"
#include "ringcast/gateway/options.hpp"
#include "ringcast/gateway/protocol.hpp"
#include "ringcast/router/view.hpp"

#include <boost/json.hpp>

#include <limits>

namespace ringcast::bench {
namespace {

namespace json = boost::json;
using ctl::number_in;
using ctl::number_of;
using ctl::object_in;
using ctl::text_in;

void begin_line(std::string& to) {
    if (!to.empty()) to += '\n';
}

/// `[run, channel, sequence, publisher, sent, filler]`, as `append_publish` makes it.
std::optional<Header> header_in(const json::value& data, std::string_view run) {
    const json::array* fields = data.if_array();
    if (fields == nullptr || fields->size() != 6) return std::nullopt;
    const json::string* whose = (*fields)[0].if_string();
    if (whose == nullptr || *whose != run) return std::nullopt;
    const auto channel = number_of<std::uint32_t>((*fields)[1]);
    const auto sequence = number_of<std::uint32_t>((*fields)[2]);
    const auto publisher = number_of<std::uint16_t>((*fields)[3]);
    const auto sent = number_of<std::int64_t>((*fields)[4]);
    if (!channel || !sequence || !publisher || !sent) return std::nullopt;
    return Header{*channel, *sequence, *publisher, *sent};
}

void take_push(const json::object& push, std::string_view run, ServerLine& line) {
    line.channel = text_in(push, "channel");
    if (const json::object* publication = object_in(push, "pub")) {
        line.kind = ServerLine::Kind::publication;
        if (const json::value* data = publication->if_contains("data")) {
            line.header = header_in(*data, run);
        }
    } else if (const json::object* unsubscribe = object_in(push, "unsubscribe")) {
        line.kind = ServerLine::Kind::unsubscribed;
        line.code = number_in<std::uint32_t>(*unsubscribe, "code");
        line.message = text_in(*unsubscribe, "reason");
    }
}

void take_reply(const json::object& reply, ServerLine& line) {
    line.kind = ServerLine::Kind::reply;
    if (const json::object* error = object_in(reply, "error")) {
        line.code = number_in<std::uint32_t>(*error, "code");
        line.message = text_in(*error, "message");
        if (line.code == 0) line.code = std::numeric_limits<std::uint32_t>::max();
    } else if (const json::object* connected = object_in(reply, "connect")) {
        const json::value* expires = connected->if_contains("expires");
        if (expires != nullptr && expires->is_bool() && expires->get_bool()) {
            line.expires_s = number_in<std::uint32_t>(*connected, "ttl");
        }
    }
}

}  // namespace

std::optional<ClientPlace> parse_client_url(std::string_view url) {
    constexpr std::string_view scheme = "ws://";
    std::string target = gateway::Options{}.websocket_path;
    const bool has_scheme = url.starts_with(scheme);
    if (has_scheme) {
        url.remove_prefix(scheme.size());
        const auto slash = url.find('/');
        target = slash == std::string_view::npos ? "/" : std::string(url.substr(slash));
        url = url.substr(0, slash);
    }
    const bool bare = has_scheme && url.find(':') == std::string_view::npos;
    const auto address = router::Address::parse(bare ? std::string(url) + ":80" : std::string(url));
    if (!address) return std::nullopt;
    return ClientPlace{address->host, std::to_string(address->port), std::move(target)};
}

void append_connect(std::string& to, std::uint32_t id, std::string_view token) {
    begin_line(to);
    to += R"({"id":)" + std::to_string(id) + R"(,"connect":{"name":"ringcast-bench")";
    if (!token.empty()) {
        to += R"(,"token":)";
        gateway::append_json_string(to, token);
    }
    to += "}}";
}

void append_subscribe(std::string& to, std::uint32_t id, std::string_view channel) {
    begin_line(to);
    to += R"({"id":)" + std::to_string(id) + R"(,"subscribe":{"channel":)";
    gateway::append_json_string(to, channel);
    to += "}}";
}

void append_publish(std::string& to, std::uint32_t id, std::string_view channel,
                    std::string_view run, const Header& header, std::size_t payload_bytes) {
    begin_line(to);
    to += R"({"id":)" + std::to_string(id) + R"(,"publish":{"channel":)";
    gateway::append_json_string(to, channel);
    to += R"(,"data":)";
    const std::size_t begin = to.size();
    to += "[\"";
    to += run;
    to += "\"," + std::to_string(header.channel) + "," + std::to_string(header.sequence) + "," +
          std::to_string(header.publisher) + "," + std::to_string(header.sent_ns) + ",\"";
    const std::size_t length = to.size() - begin + 2;  // with the end
    if (length < payload_bytes) to.append(payload_bytes - length, '.');
    to += "\"]}}";
}

std::optional<ServerLine> parse_line(std::string_view text, std::string_view run) {
    boost::system::error_code error;
    const json::value value = json::parse({text.data(), text.size()}, error);
    const json::object* object = error ? nullptr : value.if_object();
    if (object == nullptr) return std::nullopt;
    ServerLine line;
    line.id = number_in<std::uint32_t>(*object, "id");
    if (line.id != 0) {
        take_reply(*object, line);
    } else if (const json::object* push = object_in(*object, "push")) {
        take_push(*push, run, line);
    } else {
        line.kind = ServerLine::Kind::ping;
    }
    return line;
}

}  // namespace ringcast::bench
