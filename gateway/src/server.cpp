#include "ringcast/gateway/server.hpp"

#include "listener.hpp"
#include "ringcast/router/errc.hpp"
#include "server_thread.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <utility>

namespace ringcast::gateway {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

std::string publish_outcome(std::size_t code) {
    switch (static_cast<router::Errc>(code)) {
        case router::Errc::no_view:
            return "no_view";
        case router::Errc::unreachable:
            return "unreachable";
        case router::Errc::hold_full:
            return "hold_full";
        case router::Errc::outcome_unknown:
            return "outcome_unknown";
        case router::Errc::refused:
            return "refused";
        case router::Errc::too_large:
            return "too_large";
        case router::Errc::stopped:
            return "stopped";
    }
    return "other";
}

std::string metric_name(std::string_view text) {
    std::string name(text);
    std::replace(name.begin(), name.end(), ' ', '_');
    return name;
}

class ThreadedServer final : public Server {
public:
    ThreadedServer(Options options, router::Router& router, membership::Scheduler& routers,
                   HttpHandler handler, std::shared_ptr<spdlog::logger> log)
        : commons_(std::move(options), std::move(handler), std::move(log)) {
        unsigned count = commons_.options.threads;
        if (count == 0) count = std::max(1U, std::thread::hardware_concurrency());
        for (unsigned i = 0; i < count; ++i) {
            threads_.push_back(std::make_unique<ServerThread>(commons_, router, routers));
        }
    }

    ~ThreadedServer() override { stop(); }

    boost::system::result<void> start() override {
        auto opened =
            Listeners::open(commons_.options.host, commons_.options.port, threads_.size());
        if (!opened) return opened.error();
        port_ = opened->port();
        for (std::size_t i = 0; i < threads_.size(); ++i) {
            threads_[i]->start(opened->release(i), opened->protocol());
        }
        started_ = true;
        commons_.log->info("listening address={} port={} threads={}", commons_.options.host, port_,
                           threads_.size());
        return {};
    }

    std::uint16_t port() const override { return port_; }

    void begin_drain(Drain how, std::function<void()> drained) override {
        if (draining_.exchange(true)) return;
        commons_.log->info("draining sessions_per_second={}", how.sessions_per_second);
        commons_.admission.refuse_newcomers();
        commons_.drain_pace.begin(how.sessions_per_second, std::chrono::steady_clock::now());
        struct Rest {
            std::atomic<std::size_t> threads;
            std::function<void()> drained;
        };
        const auto rest = std::make_shared<Rest>(threads_.size(), std::move(drained));
        for (const auto& each : threads_) {
            each->drain(how.limit, [rest] {
                if (rest->threads.fetch_sub(1) == 1 && rest->drained) rest->drained();
            });
        }
    }

    void change_drain(Drain how) override {
        assert(draining_);
        commons_.log->info("draining on sessions_per_second={}", how.sessions_per_second);
        commons_.drain_pace.change(how.sessions_per_second, std::chrono::steady_clock::now());
        for (const auto& each : threads_) each->drain_on(how.limit);
    }

    void stop() override {
        if (!std::exchange(started_, false)) return;
        for (const auto& each : threads_) each->stop();
        for (const auto& each : threads_) each->join();
        commons_.log->info("stopped");
    }

    ServerStatus status() const override {
        ServerStatus total;
        total.draining = draining_;
        total.users = commons_.admission.users();
        std::array<std::uint64_t, Hub::publish_outcomes> publishes{};
        std::array<std::uint64_t, close_codes.size()> closes{};
        std::array<std::uint64_t, handshake_refusals> refusals{};
        for (const auto& each : threads_) {
            add(total, each->counters());
            add(total, each->hub());
            for (std::size_t i = 0; i < publishes.size(); ++i) {
                publishes[i] += each->hub().publishes(i);
            }
            for (std::size_t i = 0; i < closes.size(); ++i) {
                closes[i] += each->counters().closes[i].value();
            }
            for (std::size_t i = 0; i < refusals.size(); ++i) {
                refusals[i] += each->counters().refusals[i].value();
            }
        }
        total.published = publishes[0];
        for (std::size_t i = 1; i < publishes.size(); ++i) {
            total.publishes_refused.emplace_back(publish_outcome(i), publishes[i]);
        }
        for (const auto& [code, count] : commons_.publishes_refused) {
            total.publishes_refused.emplace_back(metric_name(message(code)), count.load());
        }
        for (std::size_t i = 0; i < closes.size(); ++i) {
            total.closes.emplace_back(close_codes[i], closes[i]);
        }
        for (std::size_t i = 0; i < refusals.size(); ++i) {
            total.handshakes_refused.emplace_back(
                metric_name(text(static_cast<HandshakeRefusal>(i))), refusals[i]);
        }
        return total;
    }

private:
    static void add(ServerStatus& total, const Counters& counters) {
        total.sessions += counters.sessions.value();
        total.connections += counters.connections.value();
        total.queue_bytes += counters.queue_bytes.value();
        total.accepted += counters.accepted.value();
        total.commands_in += counters.commands_in.value();
        total.messages_out += counters.messages_out.value();
        total.frames_out += counters.frames_out.value();
        total.bytes_out += counters.bytes_out.value();
    }

    static void add(ServerStatus& total, const Hub& hub) {
        total.channels += hub.channels();
        total.subscriptions += hub.subscriptions();
        total.messages_in += hub.messages_in();
        total.gaps += hub.gaps();
    }

    ServerCommons commons_;
    std::vector<std::unique_ptr<ServerThread>> threads_;
    std::atomic<bool> draining_{false};
    bool started_ = false;
    std::uint16_t port_ = 0;
};

}  // namespace

std::unique_ptr<Server> make_server(Options options, router::Router& router,
                                    membership::Scheduler& routers, HttpHandler handler,
                                    std::shared_ptr<spdlog::logger> log) {
    return std::make_unique<ThreadedServer>(std::move(options), router, routers, std::move(handler),
                                            std::move(log));
}

}  // namespace ringcast::gateway
