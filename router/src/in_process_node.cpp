#include "in_process_node.hpp"

#include "node_keys.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <utility>

namespace ringcast::router {
namespace {

std::string text(ViewNumber number) {
    return std::to_string(static_cast<std::uint64_t>(number));
}

}  // namespace

/// What the node knows of one connection. It outlives the client's end while work for it waits.
class InProcessNode::Session : public std::enable_shared_from_this<Session> {
public:
    Session(InProcessNode& node, NodeConnection::Purpose what, NodeConnection::Observer& whose,
            std::shared_ptr<InProcessPath> over)
        : number(++node.last_session_),
          purpose(what),
          observer(&whose),
          path(std::move(over)),
          to_node(lay(node, Way::to_node)),
          to_client(lay(node, Way::to_client)) {}

    void tell(const InProcessNode& node, std::function<void(NodeConnection::Observer&)> what) {
        to_client->send(latency(node), [weak = weak_from_this(), what = std::move(what)] {
            if (const auto self = weak.lock(); self && self->observer != nullptr) {
                what(*self->observer);
            }
        });
    }

    /// What is under way on it is lost, and the client hears that it is gone.
    void sever(const InProcessNode& node) {
        to_node->cut();
        to_client->cut();
        to_client = lay(node, Way::to_client);  // the old one carries nothing any more
        tell(node, [](NodeConnection::Observer& client) { client.closed("cut"); });
    }

    [[nodiscard]] Clock::duration latency(const InProcessNode& node) const {
        if (path && path->latency()) return path->latency()();
        return node.latency_ ? node.latency_() : Clock::duration::zero();
    }

    const std::uint64_t number;
    const NodeConnection::Purpose purpose;
    NodeConnection::Observer* observer;  // null: the client has gone
    const std::shared_ptr<InProcessPath> path;
    std::shared_ptr<InProcessWire> to_node;
    std::shared_ptr<InProcessWire> to_client;

private:
    using Way = InProcessPath::Way;

    [[nodiscard]] std::shared_ptr<InProcessWire> lay(const InProcessNode& node, Way way) const {
        if (path) return path->lay(way, node.scheduler_);
        return std::make_shared<InProcessWire>(node.scheduler_);
    }
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

    void probe(std::string_view words) override {
        ask([words = std::string(words)](InProcessNode& there, const std::shared_ptr<Session>&) {
            there.say(words + " " + text(there.fence_) + " " + text(there.view_));
        });
    }

    void read_view() override {
        ask([](InProcessNode& there, const std::shared_ptr<Session>& session) {
            session->tell(there, [record = there.record_](Observer& observer) {
                observer.view_read(record);
            });
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

    void run(std::function<void(InProcessNode&)> work, std::function<void()> done) {
        ask([work = std::move(work), done = std::move(done)](
                InProcessNode& there, const std::shared_ptr<Session>& session) {
            work(there);
            session->tell(there, [done](Observer&) { done(); });
        });
    }

private:
    template <typename Work>
    void ask(Work work) {
        session_->to_node->send(
            session_->latency(node_),
            [&node = node_, weak = std::weak_ptr(session_), work = std::move(work)]() mutable {
                auto session = weak.lock();  // the node holds it until it has hung up
                if (!session) return;
                node.arrived([&node, session = std::move(session), work = std::move(work)] {
                    work(node, session);
                });
            });
    }

    InProcessNode& node_;
    std::shared_ptr<Session> session_;
};

std::unique_ptr<NodeConnection> InProcessNode::connect(NodeConnection::Purpose purpose,
                                                       NodeConnection::Observer& observer,
                                                       std::shared_ptr<InProcessPath> path) {
    auto session = std::make_shared<Session>(*this, purpose, observer, std::move(path));
    if (reachable_) {
        sessions_.insert(session);
    } else {
        session->to_node->cut();
        session->tell(*this, [](NodeConnection::Observer& client) { client.closed("refused"); });
    }
    return std::make_unique<Connection>(*this, std::move(session));
}

void InProcessNode::run(NodeConnection& connection, std::function<void(InProcessNode&)> work,
                        std::function<void()> done) {
    static_cast<Connection&>(connection).run(std::move(work), std::move(done));
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

void InProcessNode::restart() {
    cut();
    backlog_.clear();
    fence_ = view_ = yielded_ = {};
    record_.clear();
    set_lease(false);
    ++run_;
    heal();
}

void InProcessNode::break_connections(NodeConnection::Purpose purpose) {
    break_those([purpose](const Session& session) { return session.purpose == purpose; });
}

void InProcessNode::break_connections(const InProcessPath& path) {
    break_those([&path](const Session& session) { return session.path.get() == &path; });
}

void InProcessNode::break_those(const std::function<bool(const Session&)>& which) {
    const Sessions before = sessions_;
    for (const auto& session : before) {
        if (!which(*session)) continue;
        forget(session);
        session->sever(*this);
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
    PublishAnswer answer;
    if (fence_ > view) {
        answer = {.kind = Kind::stale, .view = fence_};
    } else if (scheduler_.now() >= lease_until_) {
        answer = {.kind = Kind::again, .retry_after = std::chrono::milliseconds(100)};
    }
    for (const auto& [channel, payload] : batch) {
        if (witness_) witness_(view, *channel, *payload, answer.kind);
        if (answer.kind == Kind::accepted) deliver(channel, payload);
    }
    if (answer.kind == Kind::accepted) accepted_ += batch.size();
    return answer;
}

ViewNumber InProcessNode::fence(ViewNumber at, ViewNumber view, std::string record) {
    const ViewNumber former = std::exchange(fence_, std::max(fence_, at));
    if (view > view_ || (view == view_ && view == at)) {
        view_ = view;
        record_ = std::move(record);
    }
    if (at > ViewNumber{}) {
        if (fence_witness_) fence_witness_(fence_);
        say("fence " + text(fence_) + " " + text(former));
    }
    return fence_;
}

void InProcessNode::say(std::string words) {
    static const auto control = std::make_shared<const std::string>(node_keys::control);
    deliver(control, std::make_shared<const std::string>(std::move(words)));
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
