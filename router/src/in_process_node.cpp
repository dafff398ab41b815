#include "in_process_node.hpp"

#include "node_keys.hpp"

#include <cassert>
#include <chrono>
#include <utility>

namespace ringcast::router {

/// One direction of a connection: what goes in comes out later, in the same order.
class InProcessNode::Wire : public std::enable_shared_from_this<Wire> {
public:
    explicit Wire(membership::Scheduler& scheduler) : scheduler_(scheduler) {}

    void send(std::optional<Clock::duration> latency, std::function<void()> arrive) {
        if (broken_) return;
        const auto now = scheduler_.now();
        last_due_ = std::max(last_due_, now + latency.value_or(Clock::duration::zero()));
        under_way_.push_back({last_due_, std::move(arrive)});
        if (under_way_.size() == 1) wait();
    }

    /// What is under way never arrives, nor does anything later.
    void cut() {
        broken_ = true;
        under_way_.clear();
        timer_.reset();
    }

private:
    struct Item {
        Clock::time_point due;
        std::function<void()> arrive;
    };

    void wait() {
        const auto delay = under_way_.front().due - scheduler_.now();
        auto wake = [weak = weak_from_this()] {
            if (const auto self = weak.lock()) self->hand_over();
        };
        if (delay <= Clock::duration::zero()) {
            scheduler_.post(std::move(wake));
        } else {
            timer_ = scheduler_.after(delay, std::move(wake));
        }
    }

    void hand_over() {
        const auto now = scheduler_.now();
        while (!under_way_.empty() && under_way_.front().due <= now) {
            const auto arrive = std::move(under_way_.front().arrive);
            under_way_.pop_front();
            arrive();
        }
        if (!under_way_.empty()) wait();
    }

    membership::Scheduler& scheduler_;
    std::deque<Item> under_way_;
    Clock::time_point last_due_{};
    membership::Token timer_;
    bool broken_ = false;
};

/// What the node knows of one connection. It outlives the client's end while work for it waits.
class InProcessNode::Session : public std::enable_shared_from_this<Session> {
public:
    Session(InProcessNode& node, NodeConnection::Purpose what, NodeConnection::Observer& whose)
        : number(++node.last_session_),
          purpose(what),
          observer(&whose),
          to_node(std::make_shared<Wire>(node.scheduler_)),
          to_client(std::make_shared<Wire>(node.scheduler_)) {}

    void tell(const InProcessNode& node, std::function<void(NodeConnection::Observer&)> what) {
        std::optional<Clock::duration> latency;
        if (node.latency_) latency = node.latency_();
        to_client->send(latency, [weak = weak_from_this(), what = std::move(what)] {
            if (const auto self = weak.lock(); self && self->observer != nullptr) {
                what(*self->observer);
            }
        });
    }

    const std::uint64_t number;
    const NodeConnection::Purpose purpose;
    NodeConnection::Observer* observer;  // null: the client has gone
    std::shared_ptr<Wire> to_node;
    std::shared_ptr<Wire> to_client;
};

bool InProcessNode::InOrderOfConnecting::operator()(const std::shared_ptr<Session>& a,
                                                    const std::shared_ptr<Session>& b) const {
    return a->number < b->number;
}

class InProcessNode::Connection final : public NodeConnection {
public:
    Connection(InProcessNode& node, std::shared_ptr<Session> own)
        : node_(node), session_(std::move(own)) {
        ask([](InProcessNode& there, const std::shared_ptr<Session>& session) {
            session->tell(there, [](Observer& observer) { observer.opened(); });
        });
    }

    // What was sent before arrives all the same, as it does on a socket that is closed in peace.
    ~Connection() override {
        ask([](InProcessNode& there, const std::shared_ptr<Session>& session) {
            there.forget(session);
        });
        session_->observer = nullptr;
    }

    void publish(ViewNumber view, std::span<const Publication> batch) override {
        std::vector<std::pair<SharedText, SharedText>> texts;
        texts.reserve(batch.size());
        for (const Publication& one : batch) {
            texts.emplace_back(std::make_shared<const std::string>(one.channel),
                               std::make_shared<const std::string>(one.payload));
        }
        ask([view, texts = std::move(texts)](InProcessNode& there,
                                             const std::shared_ptr<Session>& session) {
            const PublishAnswer answer = there.publish(view, texts);
            session->tell(there, [answer](Observer& observer) { observer.answered(answer); });
        });
    }

    void say(std::string_view text) override {
        ask([what = std::make_shared<const std::string>(text)](InProcessNode& there,
                                                               const std::shared_ptr<Session>&) {
            there.deliver(std::make_shared<const std::string>(node_keys::control), what);
        });
    }

    void subscribe(std::span<const SharedText> channels) override {
        ask([names = std::vector(channels.begin(), channels.end())](
                InProcessNode& there, const std::shared_ptr<Session>& session) {
            for (const SharedText& name : names) there.subscribe(session, name);
        });
    }

    void unsubscribe(std::span<const SharedText> channels) override {
        ask([names = std::vector(channels.begin(), channels.end())](
                InProcessNode& there, const std::shared_ptr<Session>& session) {
            for (const SharedText& name : names) there.unsubscribe(session, name);
        });
    }

private:
    template <typename Work>
    void ask(Work work) {
        std::optional<Clock::duration> latency;
        if (node_.latency_) latency = node_.latency_();
        session_->to_node->send(
            latency, [&node = node_, weak = std::weak_ptr(session_), work = std::move(work)] {
                const auto session = weak.lock();  // the node holds it until it has hung up
                if (session) node.arrived([&node, session, work] { work(node, session); });
            });
    }

    InProcessNode& node_;
    std::shared_ptr<Session> session_;
};

std::unique_ptr<NodeConnection> InProcessNode::connect(NodeConnection::Purpose purpose,
                                                       NodeConnection::Observer& observer) {
    auto session = std::make_shared<Session>(*this, purpose, observer);
    if (reachable_) {
        sessions_.insert(session);
    } else {
        session->to_node->cut();
        session->tell(*this, [](NodeConnection::Observer& client) { client.closed("refused"); });
    }
    return std::make_unique<Connection>(*this, std::move(session));
}

// Work is done outside the call that brought it, one after another.
void InProcessNode::arrived(std::function<void()> work) {
    backlog_.push_back(std::move(work));
    serve();
}

void InProcessNode::serve() {
    if (std::exchange(serving_, true)) return;
    while (!frozen_ && !backlog_.empty()) {
        const auto work = std::move(backlog_.front());
        backlog_.pop_front();
        work();
    }
    serving_ = false;
}

void InProcessNode::thaw() {
    frozen_ = false;
    serve();
}

void InProcessNode::cut() {
    reachable_ = false;
    break_connections(NodeConnection::Purpose::publishing);
    break_connections(NodeConnection::Purpose::subscribing);
}

void InProcessNode::break_connections(NodeConnection::Purpose purpose) {
    const Sessions before = sessions_;
    for (const auto& session : before) {
        if (session->purpose != purpose) continue;
        forget(session);
        session->to_node->cut();
        session->to_client->cut();
        // A wire of its own: the old one carries nothing any more.
        session->to_client = std::make_shared<Wire>(scheduler_);
        session->tell(*this, [](NodeConnection::Observer& client) { client.closed("cut"); });
    }
}

void InProcessNode::forget(const std::shared_ptr<Session>& session) {
    sessions_.erase(session);
    for (auto at = subscriptions_.begin(); at != subscriptions_.end();) {
        at->second.erase(session);
        at = at->second.empty() ? subscriptions_.erase(at) : std::next(at);
    }
}

PublishAnswer InProcessNode::publish(ViewNumber view,
                                     const std::vector<std::pair<SharedText, SharedText>>& batch) {
    using Kind = PublishAnswer::Kind;
    if (fence_ && *fence_ > view) return {.kind = Kind::stale, .view = *fence_};
    if (!lease_) return {.kind = Kind::again, .retry_after = std::chrono::milliseconds(100)};
    for (const auto& [channel, payload] : batch) deliver(channel, payload);
    accepted_ += batch.size();
    return {.kind = Kind::accepted};
}

void InProcessNode::deliver(const SharedText& channel, const SharedText& payload) {
    if (deaf_) return;
    const auto found = subscriptions_.find(*channel);
    if (found == subscriptions_.end()) return;
    for (const auto& session : found->second) {
        session->tell(*this, [channel, payload](NodeConnection::Observer& client) {
            client.message(*channel, *payload);
        });
    }
}

void InProcessNode::subscribe(const std::shared_ptr<Session>& session, const SharedText& channel) {
    if (!sessions_.contains(session)) return;
    subscriptions_[*channel].insert(session);
    session->tell(*this,
                  [channel](NodeConnection::Observer& client) { client.confirmed(*channel); });
}

void InProcessNode::unsubscribe(const std::shared_ptr<Session>& session,
                                const SharedText& channel) {
    if (const auto found = subscriptions_.find(*channel); found != subscriptions_.end()) {
        found->second.erase(session);
        if (found->second.empty()) subscriptions_.erase(found);
    }
    session->tell(*this, [channel](NodeConnection::Observer& client) { client.left(*channel); });
}

std::size_t InProcessNode::subscribers(std::string_view channel) const {
    const auto found = subscriptions_.find(channel);
    return found == subscriptions_.end() ? 0 : found->second.size();
}

InProcessNode& InProcessLinks::at(const Address& address) {
    auto& node = nodes_[address];
    if (!node) node = std::make_unique<InProcessNode>(scheduler_);
    return *node;
}

}  // namespace ringcast::router
