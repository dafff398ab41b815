#include "node_connection.hpp"
#include "node_keys.hpp"
#include "node_scripts.hpp"
#include "redis_connection.hpp"
#include "ringcast/router/router.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

namespace ringcast::router {
namespace {

using namespace std::chrono_literals;

/// How long to leave a node alone that could not publish and may be able to soon.
constexpr std::chrono::milliseconds retry_after = 100ms;

/// What the answer to a call of the publish script means. Only errors that are raised before the
/// script has begun, or by its own checks, say that nothing was published.
PublishAnswer meaning_of(const resp::Reply& reply) {
    using Kind = PublishAnswer::Kind;
    if (reply.type() == resp::Type::integer) return {.kind = Kind::accepted};
    if (!reply.is_error()) return {.kind = Kind::unknown};

    std::string_view text = reply.text();
    constexpr std::string_view stale = "STALE ";
    if (text.starts_with(stale)) {
        text.remove_prefix(stale.size());
        std::uint64_t view = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), view);
        if (error == std::errc()) return {.kind = Kind::stale, .view = ViewNumber{view}};
    }
    if (text.starts_with("NOSCRIPT")) return {.kind = Kind::again};
    for (const std::string_view passing : {"NOLEASE", "LOADING", "BUSY ", "MASTERDOWN"}) {
        if (text.starts_with(passing)) return {.kind = Kind::again, .retry_after = retry_after};
    }
    return {.kind = Kind::unknown};
}

class PublishingConnection final : public NodeConnection {
public:
    PublishingConnection(boost::asio::any_io_executor executor, const RouterOptions& options,
                         const Address& address, Observer& observer,
                         std::shared_ptr<spdlog::logger> log)
        : address_(address),
          observer_(observer),
          log_(std::move(log)),
          connection_(std::move(executor), options.node,
                      "ringcast:" + options.gateway_id + ":publish") {
        connection_.open(address,
                         {.opened = [this] { load_scripts(); },
                          .closed = [this](const Closed& why) { observer_.closed(why.text); },
                          .pushed = {}});
    }

    void publish(ViewNumber view, std::span<const Publication> batch) override {
        std::array<char, 20> digits;
        const auto end =
            std::to_chars(digits.begin(), digits.end(), static_cast<std::uint64_t>(view)).ptr;
        arguments_.assign({"EVALSHA", publish_sha_, "2", node_keys::fence, node_keys::lease,
                           std::string_view(digits.begin(), end)});
        for (const Publication& one : batch) {
            arguments_.push_back(one.channel);
            arguments_.push_back(one.payload);
        }
        connection_.command(arguments_, [this](const resp::Reply& reply) {
            const PublishAnswer answer = meaning_of(reply);
            if (answer.kind != PublishAnswer::Kind::accepted) trouble(reply.text());
            observer_.answered(answer);
        });
    }

    void probe(std::string_view words) override { probe(std::string(words), true); }

    void read_view() override {
        connection_.command({"GET", node_keys::view}, [this](const resp::Reply& reply) {
            std::string_view bytes = reply.is_error() ? std::string_view() : reply.text();
            bytes.remove_prefix(std::min(bytes.size(), bytes.find(' ') + 1));
            observer_.view_read(bytes);
        });
    }

    void subscribe(std::span<const SharedText>) override {}
    void unsubscribe(std::span<const SharedText>) override {}

private:
    /// One that is missing would be taken for a message that was skipped.
    void probe(const std::string& words, bool may_repeat) {
        connection_.command({"EVALSHA", probe_sha_, "2", node_keys::fence, node_keys::view,
                             node_keys::control, words},
                            [this, words, may_repeat](const resp::Reply& reply) {
                                if (!may_repeat || !reply.is_error()) return;
                                if (!reply.text().starts_with("NOSCRIPT")) return;
                                trouble(reply.text());
                                probe(words, false);
                            });
    }

    /// `then` is called with the name that the node gives the script.
    template <typename Then>
    void load(std::string_view script, Then then) {
        connection_.command({"SCRIPT", "LOAD", script}, [this, then](const resp::Reply& reply) {
            if (reply.type() == resp::Type::text) return then(reply.text());
            observer_.closed("a script was refused: " + std::string(reply.text()));
        });
    }

    void load_scripts() {
        load(publish_script, [this](std::string_view sha) { publish_sha_ = sha; });
        load(probe_script, [this](std::string_view sha) {
            probe_sha_ = sha;
            observer_.opened();
        });
    }

    /// The scripts may have gone (SCRIPT FLUSH, a restart behind a proxy): load them before what
    /// was refused is sent again.
    void trouble(std::string_view text) {
        if (text.starts_with("NOSCRIPT")) {
            connection_.command({"SCRIPT", "LOAD", publish_script}, {});
            connection_.command({"SCRIPT", "LOAD", probe_script}, {});
        }
        const std::string_view what = text.substr(0, text.find(' '));
        if (what == last_trouble_) return;
        last_trouble_ = what;
        log_->warn("script refused address={} error=\"{}\"", address_.text(), text);
    }

    const Address address_;
    Observer& observer_;
    const std::shared_ptr<spdlog::logger> log_;
    std::string publish_sha_;
    std::string probe_sha_;
    std::string last_trouble_;  // told once each
    std::vector<std::string_view> arguments_;
    RedisConnection connection_;
};

class SubscribingConnection final : public NodeConnection {
public:
    SubscribingConnection(boost::asio::any_io_executor executor, const RouterOptions& options,
                          const Address& address, Observer& observer)
        : observer_(observer),
          connection_(std::move(executor), options.node,
                      "ringcast:" + options.gateway_id + ":subscribe") {
        connection_.open(address,
                         {.opened = [this] { observer_.opened(); },
                          .closed = [this](const Closed& why) { observer_.closed(why.text); },
                          .pushed = [this](const resp::Reply& push) { take(push); }});
    }

    void publish(ViewNumber, std::span<const Publication>) override {}
    void probe(std::string_view) override {}
    void read_view() override {}

    void subscribe(std::span<const SharedText> channels) override { send("SUBSCRIBE", channels); }
    void unsubscribe(std::span<const SharedText> channels) override {
        send("UNSUBSCRIBE", channels);
    }

private:
    void send(std::string_view verb, std::span<const SharedText> channels) {
        arguments_.assign(1, verb);
        for (const SharedText& channel : channels) arguments_.push_back(*channel);
        connection_.subscribing_command(arguments_);
    }

    void take(const resp::Reply& push) {
        if (push.is_array() && push.size() == 3) {
            const std::string_view kind = push[0].text();
            if (kind == "message") return observer_.message(push[1].text(), push[2].text());
            if (kind == "subscribe") return observer_.confirmed(push[1].text());
            if (kind == "unsubscribe") return observer_.left(push[1].text());
        }
        // Which of the channels an error means nobody can tell: begin anew.
        observer_.closed("a subscription was refused: " + std::string(push.text()));
    }

    Observer& observer_;
    std::vector<std::string_view> arguments_;
    RedisConnection connection_;
};

class RedisLinks final : public ConnectionFactory {
public:
    RedisLinks(boost::asio::any_io_executor executor, RouterOptions options,
               std::shared_ptr<spdlog::logger> log)
        : executor_(std::move(executor)), options_(std::move(options)), log_(std::move(log)) {}

    std::unique_ptr<NodeConnection> connect(const Address& address, NodeConnection::Purpose purpose,
                                            NodeConnection::Observer& observer) override {
        if (purpose == NodeConnection::Purpose::publishing) {
            return std::make_unique<PublishingConnection>(executor_, options_, address, observer,
                                                          log_);
        }
        return std::make_unique<SubscribingConnection>(executor_, options_, address, observer);
    }

private:
    boost::asio::any_io_executor executor_;
    RouterOptions options_;
    std::shared_ptr<spdlog::logger> log_;
};

}  // namespace

std::unique_ptr<LinkFactory> make_redis_links(boost::asio::any_io_executor executor,
                                              membership::Scheduler&, RouterOptions options,
                                              std::shared_ptr<spdlog::logger> log) {
    return std::make_unique<RedisLinks>(std::move(executor), std::move(options), std::move(log));
}

}  // namespace ringcast::router
