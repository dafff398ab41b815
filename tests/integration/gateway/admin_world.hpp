#pragma once

#include "admin_pages.hpp"
#include "admin_server.hpp"
#include "log_lines.hpp"
#include "loopback.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace ringcast::test {

inline gateway::Snapshot serving_gateway() {
    gateway::Snapshot made;
    made.id = "gw-1";
    made.session = {membership::SessionState::connected, 7};
    made.router.view = router::ViewNumber{4};
    made.server.sessions = 12;
    return made;
}

/// The operators' port of a gateway whose channels are these points, on a thread of its own.
class AdminWorld {
public:
    explicit AdminWorld(gateway::AdminServer::Limits limits = {},
                        std::vector<std::uint64_t> points = {}, const LogLines& log = {})
        : work_(context_.get_executor()) {
        for (const std::uint64_t point : points) points_[ring::arc_at(point)].push_back(point);
        gateway::AdminControls controls;
        controls.channels = [this](ring::Arc arc, std::vector<std::uint64_t>& out) {
            if (channels_fail && arc > 40'000) throw std::runtime_error("a bad day");
            if (const auto found = points_.find(arc); found != points_.end()) {
                out.insert(out.end(), found->second.begin(), found->second.end());
            }
        };
        controls.subscribe_batch_max = 100;
        controls.drain = [this](std::optional<unsigned> rate) -> std::optional<std::string> {
            drained_at_ = rate ? static_cast<int>(*rate) : -1;
            if (refuses_to_drain) return "it is \"joining\"";
            return std::nullopt;
        };
        pages_.emplace(std::move(controls));
        server_ = make_admin_server(
            context_.get_executor(), {"127.0.0.1", 0},
            [this](const gateway::AdminRequest& request) {
                if (snapshot_fails) throw std::runtime_error("a worse day");
                return pages_->answer(request, serving_gateway());
            },
            log.logger(), limits);
        if (const auto started = server_->start(); !started) {
            throw boost::system::system_error(started.error());
        }
        port_ = server_->port();
        thread_ = std::thread([this] { context_.run(); });
    }

    ~AdminWorld() {
        on_its_thread([this] { server_->stop(); });
        work_.reset();
        thread_.join();
    }

    /// Everything that comes back until the server closes, or `limit` is over.
    [[nodiscard]] std::string ask(std::string_view request, std::chrono::milliseconds limit =
                                                                std::chrono::seconds(10)) const {
        return test::ask(
            port_, request, [](std::string_view) { return false; }, limit);
    }

    /// One request on a connection that closes after it.
    [[nodiscard]] boost::beast::http::response<boost::beast::http::string_body> page(
        std::string_view method, std::string_view target) const {
        const std::string answer = ask(std::string(method) + " " + std::string(target) +
                                       " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        boost::beast::http::response_parser<boost::beast::http::string_body> parser;
        parser.body_limit(64U << 20U);
        parser.skip(method == "HEAD");
        parser.eager(true);
        boost::system::error_code error;
        parser.put(boost::asio::buffer(answer), error);
        EXPECT_TRUE(!error || error == boost::beast::http::error::need_more)
            << error.message() << answer;
        EXPECT_TRUE(parser.is_done()) << answer.substr(0, 1'000);
        return parser.release();
    }

    template <typename Task>
    void on_its_thread(Task task) {
        std::promise<void> done;
        boost::asio::post(context_, [&] {
            task();
            done.set_value();
        });
        done.get_future().wait();
    }

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] int drained_at() const { return drained_at_; }

    std::atomic<bool> refuses_to_drain = false;
    std::atomic<bool> snapshot_fails = false;  // with the next request
    std::atomic<bool> channels_fail = false;   // when half of their page is written

private:
    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::map<ring::Arc, std::vector<std::uint64_t>> points_;
    std::atomic<int> drained_at_ = -2;
    std::optional<gateway::AdminPages> pages_;
    std::unique_ptr<gateway::AdminServer> server_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

/// A client that says and hears what a test wants, when it wants.
class Peer {
public:
    explicit Peer(std::uint16_t port, int receive_buffer_bytes = 0) {
        socket_.open(boost::asio::ip::tcp::v4());
        if (receive_buffer_bytes != 0) {
            socket_.set_option(boost::asio::socket_base::receive_buffer_size(receive_buffer_bytes));
        }
        socket_.connect({boost::asio::ip::address_v4::loopback(), port});
        socket_.non_blocking(true);
    }

    /// To the wind when the other end has closed already: `hear` tells.
    void say(std::string_view bytes) {
        boost::system::error_code ignored;
        boost::asio::write(socket_, boost::asio::buffer(bytes), ignored);
    }

    /// What has come by now; sets `closed` at the end of the stream.
    void hear() {
        char buffer[65'536];
        boost::system::error_code error;
        while (!error) {
            heard.append(buffer, socket_.read_some(boost::asio::buffer(buffer), error));
        }
        closed = closed || error != boost::asio::error::would_block;
    }

    std::string heard;
    bool closed = false;

private:
    boost::asio::io_context context_;
    boost::asio::ip::tcp::socket socket_{context_};
};

}  // namespace ringcast::test
