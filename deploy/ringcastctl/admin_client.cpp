#include "admin_client.hpp"

#include "awaiting.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <exception>
#include <memory>
#include <system_error>
#include <utility>

namespace ringcast::ctl {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

/// A hundred million channels; a gateway with more is none of ours.
constexpr std::uint64_t channels_bytes_max = 8ULL * 100'000'000ULL;
/// Of any other answer: what a gateway says of itself.
constexpr std::uint64_t text_bytes_max = 16ULL << 20U;
/// Gateways take heads of 8 KiB.
constexpr std::size_t target_bytes_max = 6'000;

std::atomic<int> lookups = 0;  // in this process

using Resolved = std::pair<error_code, tcp::resolver::results_type>;

/// The system cannot be told to stop looking a name up: when it takes too long nobody waits for it.
asio::awaitable<Resolved> resolve(tcp::resolver& resolver, AdminPlace place,
                                  std::chrono::milliseconds timeout) {
    Answer<Resolved> answer(resolver.get_executor());
    ++lookups;
    resolver.async_resolve(place.host, place.port,
                           [told = answer.handler()](error_code error, const auto& found) {
                               --lookups;
                               told({error, found});
                           });
    if (co_await answer.within(timeout)) co_return std::move(answer.value());
    co_return Resolved{asio::error::timed_out, {}};
}

asio::awaitable<AdminAnswer> exchange(AdminPlace place, std::string method, std::string target,
                                      std::uint64_t body_bytes_max,
                                      std::chrono::milliseconds timeout) {
    AdminAnswer answer;
    error_code error;
    const auto executor = co_await asio::this_coro::executor;
    const auto fail = [&](const char* what) {
        answer.trouble = std::string("does not answer at ") + place.host + ":" + place.port + " (" +
                         what + ": " + error.message() + ")";
    };

    const auto begin = std::chrono::steady_clock::now();
    tcp::resolver resolver(executor);
    const Resolved found = co_await resolve(resolver, place, timeout);
    error = found.first;
    if (error) {
        fail("resolve");
        co_return answer;
    }
    beast::tcp_stream stream(executor);
    stream.expires_at(begin + timeout);
    co_await stream.async_connect(found.second, asio::redirect_error(asio::use_awaitable, error));
    if (error) {
        fail("connect");
        co_return answer;
    }
    http::request<http::empty_body> request;
    request.method_string(method);
    request.target(target);
    request.set(http::field::host, place.host + ":" + place.port);
    request.set(http::field::connection, "close");
    request.prepare_payload();
    co_await http::async_write(stream, request, asio::redirect_error(asio::use_awaitable, error));
    if (error) {
        fail("write");
        co_return answer;
    }
    beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(body_bytes_max);
    while (!error && !parser.is_done()) {
        stream.expires_after(timeout);
        co_await http::async_read_some(stream, buffer, parser,
                                       asio::redirect_error(asio::use_awaitable, error));
    }
    if (error) {
        fail("read");
        co_return answer;
    }
    answer.status = parser.get().result_int();
    answer.subscribe_batch = parser.get()["Ringcast-Subscribe-Batch"];
    answer.body = std::move(parser.get().body());
    co_return answer;
}

void ask_place(const asio::any_io_executor& executor, const std::string& admin_url,
               std::string method, std::string target, std::uint64_t body_bytes_max,
               std::chrono::milliseconds timeout, std::function<void(AdminAnswer)> handler) {
    const auto place = parse_admin_url(admin_url);
    if (!place) {
        return asio::post(executor, [handler = std::move(handler), admin_url] {
            handler({"does not tell where its admin port is (\"" + admin_url + "\")", 0, ""});
        });
    }
    asio::co_spawn(
        executor, exchange(*place, std::move(method), std::move(target), body_bytes_max, timeout),
        [handler = std::move(handler)](const std::exception_ptr& thrown, AdminAnswer answer) {
            if (thrown) answer.trouble = "does not answer";
            handler(std::move(answer));
        });
}

/// Asks for one part of the channels after the other.
struct ChannelSurvey : std::enable_shared_from_this<ChannelSurvey> {
    asio::any_io_executor executor;
    std::string admin_url;
    std::vector<std::string> targets;  // the next one last
    std::chrono::milliseconds timeout{};
    std::function<void(GatewayChannels)> handler;
    GatewayChannels channels;

    void ask() {
        if (targets.empty()) return handler(std::move(channels));
        ask_place(
            executor, admin_url, "GET", targets.back(), channels_bytes_max, timeout,
            [self = shared_from_this()](AdminAnswer answer) { self->take(std::move(answer)); });
        targets.pop_back();
    }

    void take(AdminAnswer answer) {
        if (!answer.trouble.empty()) {
            channels.trouble = std::move(answer.trouble);
        } else if (answer.status != 200 || !take_points(answer.body, channels.points)) {
            channels.trouble =
                "does not tell its channels (HTTP " + std::to_string(answer.status) + ")";
        } else {
            channels.batch = batch_in(answer.subscribe_batch);
            return ask();
        }
        channels.points.clear();
        handler(std::move(channels));
    }
};

}  // namespace

std::optional<AdminPlace> parse_admin_url(std::string_view url) {
    constexpr std::string_view scheme = "http://";
    if (!url.starts_with(scheme)) return std::nullopt;
    url.remove_prefix(scheme.size());
    if (url.ends_with('/')) url.remove_suffix(1);
    const auto address = router::Address::parse(url);
    if (!address) return std::nullopt;
    return AdminPlace{address->host, std::to_string(address->port)};
}

void ask_gateway(asio::any_io_executor executor, const std::string& admin_url, std::string method,
                 std::string target, std::chrono::milliseconds timeout,
                 std::function<void(AdminAnswer)> handler) {
    ask_place(executor, admin_url, std::move(method), std::move(target), text_bytes_max, timeout,
              std::move(handler));
}

bool is_looking_up() noexcept {
    return lookups != 0;
}

std::vector<std::string> channel_targets(const std::vector<Arcs>& arcs) {
    std::vector<std::string> targets;
    for (const Arcs& one : arcs) {
        const std::string run =
            std::to_string(one.first) + "-" + std::to_string(one.end - one.first);
        if (targets.empty() || targets.back().size() + run.size() > target_bytes_max) {
            targets.push_back("/channels?arcs=" + run);
        } else {
            targets.back() += "," + run;
        }
    }
    return targets;
}

bool take_points(std::string_view body, std::vector<std::uint64_t>& points) {
    constexpr std::size_t size = 8;
    if (body.size() % size != 0) return false;
    points.reserve(points.size() + body.size() / size);
    for (; !body.empty(); body.remove_prefix(size)) {
        std::uint64_t point = 0;
        for (std::size_t i = 0; i != size; ++i) {
            point = point << 8U | static_cast<unsigned char>(body[i]);
        }
        if (!points.empty() && point < points.back()) return false;
        points.push_back(point);
    }
    return true;
}

std::size_t batch_in(std::string_view field) {
    std::uint32_t batch = 0;
    const char* const end = field.data() + field.size();
    const auto [last, error] = std::from_chars(field.data(), end, batch);
    const bool good = error == std::errc{} && last == end && batch > 0;
    return good ? std::size_t{batch} : command_channels;
}

void ask_channels(asio::any_io_executor executor, const std::string& id,
                  const std::string& admin_url, const std::vector<Arcs>& arcs,
                  std::chrono::milliseconds timeout, std::function<void(GatewayChannels)> handler) {
    const auto survey = std::make_shared<ChannelSurvey>();
    survey->executor = std::move(executor);
    survey->admin_url = admin_url;
    survey->targets = channel_targets(arcs);
    std::ranges::reverse(survey->targets);
    survey->timeout = timeout;
    survey->handler = std::move(handler);
    survey->channels.id = id;
    survey->ask();
}

}  // namespace ringcast::ctl
