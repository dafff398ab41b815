#include "node_link.hpp"

#include "control_words.hpp"
#include "node_keys.hpp"

#include <algorithm>
#include <cassert>
#include <functional>
#include <optional>
#include <random>
#include <utility>

namespace ringcast::router {
namespace {

/// Channels whose confirmation one subscribing connection awaits at most, in batches: the node's
/// answers stay far below its limit for output.
constexpr std::size_t batches_awaited_max = 4;

const SharedText& control_channel() {
    static const auto name = std::make_shared<const std::string>(node_keys::control);
    return name;
}

/// Another one for each connection of each gateway.
std::uint64_t chance_of(const NodeOptions& options, std::string_view member,
                        std::size_t connection) {
    const std::uint64_t chance =
        options.chance_seed != 0 ? options.chance_seed : std::random_device{}();
    return std::hash<std::string_view>{}(member) + connection + chance;
}

Backoff backoff_of(const NodeOptions& options, std::string_view member, std::size_t connection) {
    return {options.backoff_min, options.backoff_max, chance_of(options, member, connection)};
}

}  // namespace

class NodeLink::Publisher final : public NodeConnection::Observer {
public:
    explicit Publisher(NodeLink& link)
        : link_(link), backoff_(backoff_of(link.options_.node, link.member_, 0)) {}

    void connect() {
        connection_ =
            link_.factory_.connect(link_.address_, NodeConnection::Purpose::publishing, *this);
    }

    [[nodiscard]] bool up() const noexcept { return up_; }

    void publish(ViewNumber view, std::span<const Publication> batch) {
        sent_.push_back(link_.scheduler_.now());
        connection_->publish(view, batch);
    }

    void probe(std::string_view words) { connection_->probe(words); }
    void read_view() {
        if (up_) connection_->read_view();
    }

    void find_unanswered(Clock::time_point now) {
        if (!sent_.empty() && now - sent_.front() >= link_.options_.node.answer_timeout) {
            closed("a publish was not answered within answer_timeout");
        }
    }

    void opened() override {
        up_ = true;
        backoff_.opened(link_.scheduler_.now());
        // Whether the probes before it were sent on nobody knows: they prove nothing any more.
        link_.probes_.clear();
        link_.send_probe();
        link_.observer_.publishing_up(link_.id_);
        link_.judge_reachability();
    }

    void closed(std::string_view why) override {
        const auto retry_in = backoff_.after_failure(link_.scheduler_.now());
        link_.note_failure("publishing", up_, why, retry_in);
        connection_.reset();
        sent_.clear();
        retry_ = link_.scheduler_.after(retry_in, [this] { connect(); });
        if (std::exchange(up_, false)) link_.observer_.publishing_down(link_.id_);
        link_.judge_reachability();
    }

    void answered(const PublishAnswer& answer) override {
        assert(!sent_.empty());
        sent_.pop_front();
        link_.observer_.answered(link_.id_, answer);
    }

    void confirmed(std::string_view) override {}
    void left(std::string_view) override {}
    void message(std::string_view, std::string_view) override {}
    void view_read(std::string_view record) override {
        link_.observer_.view_read(link_.id_, record);
    }

private:
    NodeLink& link_;
    Backoff backoff_;
    bool up_ = false;
    std::deque<Clock::time_point> sent_;  // when the calls not yet answered were
    std::unique_ptr<NodeConnection> connection_;
    membership::Token retry_;
};

/// Up from the confirmation of the control channel on.
class NodeLink::Subscriber final : public NodeConnection::Observer {
public:
    Subscriber(NodeLink& link, std::size_t number)
        : lane(link.options_.subscribe_batch_max,
               link.options_.subscribe_batch_max * batches_awaited_max,
               1 + chance_of(link.options_.node, link.member_, number) %
                       link.options_.subscribe_batch_max),
          link_(link),
          backoff_(backoff_of(link.options_.node, link.member_, number)) {}

    void connect() {
        connection_ =
            link_.factory_.connect(link_.address_, NodeConnection::Purpose::subscribing, *this);
    }

    [[nodiscard]] bool up() const noexcept { return up_; }
    [[nodiscard]] bool deaf() const noexcept { return deaf_; }
    /// The last fence heard, on this connection or by all before it was made: nothing by an earlier
    /// view follows. Where it stood when this connection was made is known with the first control
    /// words.
    [[nodiscard]] ViewNumber fence() const noexcept { return fence_; }

    /// `bulk`: how many answers there may be to wait for in all.
    void send_commands(std::size_t bulk) {
        if (!up_) return;
        for (;;) {
            const Lane::Command command = lane.next_command(bulk);
            bulk -= std::min(bulk, command.channels.size());
            switch (command.verb) {
                case Lane::Command::Verb::none:
                    return;
                case Lane::Command::Verb::subscribe:
                    connection_->subscribe(command.channels);
                    break;
                case Lane::Command::Verb::unsubscribe:
                    connection_->unsubscribe(command.channels);
                    break;
            }
        }
    }

    /// Breaks a connection that is overdue with its confirmation or with a probe.
    void find_deaf(Clock::time_point now) {
        const auto patience = link_.options_.node.probe_timeout;
        if (opened_ && !up_ && now - opened_at_ >= patience) {
            return closed("the control channel was not confirmed within probe_timeout");
        }
        if (!up_) return;
        const auto missing = std::ranges::find_if(
            link_.probes_, [this](const Probe& probe) { return probe.number > last_probe_; });
        if (missing != link_.probes_.end() && now - missing->sent >= patience) {
            deaf_ = true;
            closed("deaf: no probe was delivered within probe_timeout");
        }
    }

    void opened() override {
        opened_ = true;
        opened_at_ = link_.scheduler_.now();
        connection_->subscribe({&control_channel(), 1});
    }

    void closed(std::string_view why) override {
        const auto retry_in = backoff_.after_failure(link_.scheduler_.now());
        link_.note_failure("subscribing", up_, why, retry_in);
        connection_.reset();
        retry_ = link_.scheduler_.after(retry_in, [this] { connect(); });
        opened_ = false;
        up_ = false;
        fence_ = {};
        forget_unplaced();
        for (const SharedText& channel : lane.broken()) {
            link_.observer_.lost(link_.id_, *channel);
        }
        link_.send_commands_soon();  // others may have waited for its answers
        link_.judge_fence();
        link_.judge_reachability();
    }

    void answered(const PublishAnswer&) override {}
    void view_read(std::string_view) override {}

    void confirmed(std::string_view channel) override {
        if (channel == node_keys::control) {
            up_ = true;
            fence_ = link_.fence_;  // a node that was fenced takes nothing earlier ever again
            backoff_.opened(link_.scheduler_.now());
            last_probe_ = link_.next_probe_ - 1;
            link_.judge_reachability();
            link_.send_probe();  // tells this connection where the fence stands
        } else if (lane.confirmed(channel)) {
            link_.observer_.subscribed(link_.id_, channel);
        }
        link_.send_commands_soon();
    }

    void left(std::string_view channel) override {
        std::erase_if(unplaced_, [&](const auto& one) { return one.first == channel; });
        if (lane.left(channel)) link_.observer_.left(link_.id_, channel);
        link_.send_commands_soon();
    }

    void message(std::string_view channel, std::string_view payload) override {
        if (channel == node_keys::control) {
            hear(payload);
        } else if (placed_) {
            link_.observer_.message(link_.id_, channel, payload, fence_);
        } else {
            keep_unplaced(channel, payload);
        }
    }

    Lane lane;

private:
    /// Everybody's probes tell of the node; ours tell of this connection, too.
    void hear(std::string_view words) {
        const auto said = parse_control(words);
        if (!said) return;
        if (said->probe != 0 && said->gateway == link_.options_.gateway_id) {
            if (!hear_probe(said->probe)) return;
        }
        raise_fence(said->former);
        place_unplaced();
        raise_fence(said->fence);
        link_.hear(std::max(said->fence, said->view));
    }

    void raise_fence(ViewNumber fence) {
        if (fence <= fence_) return;
        fence_ = fence;
        link_.judge_fence();
    }

    /// A marker that this connection came too late for may lie before it: then it was published by
    /// a later view than it seems, and others may have spoken between.
    void keep_unplaced(std::string_view channel, std::string_view payload) {
        unplaced_bytes_ += channel.size() + payload.size();
        if (unplaced_bytes_ > link_.options_.early_bytes_max) {
            return closed("more was said than is kept before the fence is known");
        }
        unplaced_.emplace_back(channel, payload);
    }

    void place_unplaced() {
        if (std::exchange(placed_, true)) return;
        unplaced_bytes_ = 0;
        for (const auto& [channel, payload] : std::exchange(unplaced_, {})) {
            link_.observer_.message(link_.id_, channel, payload, fence_);
        }
    }

    void forget_unplaced() {
        placed_ = false;
        unplaced_.clear();
        unplaced_bytes_ = 0;
    }

    /// False when it has broken the connection.
    bool hear_probe(std::uint64_t number) {
        if (number >= link_.next_probe_ || number <= last_probe_) return true;
        const bool missed = std::ranges::any_of(link_.probes_, [&](const Probe& probe) {
            return probe.number > last_probe_ && probe.number < number;
        });
        if (missed) {
            deaf_ = true;
            closed("deaf: a probe was skipped, so messages may have been");
            return false;
        }
        last_probe_ = number;
        deaf_ = false;
        return true;
    }

    NodeLink& link_;
    Backoff backoff_;
    bool opened_ = false;
    bool up_ = false;
    bool deaf_ = false;
    Clock::time_point opened_at_{};
    std::uint64_t last_probe_ = 0;
    ViewNumber fence_{};
    bool placed_ = false;  // where the fence stood when the connection was made is known
    std::vector<std::pair<std::string, std::string>> unplaced_;  // channel and payload, until then
    std::size_t unplaced_bytes_ = 0;                             // ... and what was left since
    std::unique_ptr<NodeConnection> connection_;
    membership::Token retry_;
};

NodeLink::NodeLink(LinkId id, std::string member, Address address, ConnectionFactory& factory,
                   membership::Scheduler& scheduler, const RouterOptions& options,
                   std::shared_ptr<spdlog::logger> log, Observer& observer)
    : id_(id),
      member_(std::move(member)),
      address_(std::move(address)),
      factory_(factory),
      scheduler_(scheduler),
      options_(options),
      log_(std::move(log)),
      observer_(observer),
      publisher_(std::make_unique<Publisher>(*this)),
      probe_words_("probe " + options.gateway_id + " "),
      down_since_(scheduler.now()) {
    subscribers_.push_back(std::make_unique<Subscriber>(*this, 1));
    publisher_->connect();
    subscribers_.front()->connect();
    watch();
}

NodeLink::~NodeLink() = default;

void NodeLink::publish(ViewNumber view, std::span<const Publication> batch) {
    assert(publisher_->up());
    publisher_->publish(view, batch);
}

void NodeLink::read_view() {
    publisher_->read_view();
}

void NodeLink::subscribe(const SharedText& channel, Pace pace) {
    subscriber_for(ChannelKey(*channel)).lane.want(channel, pace);
    send_commands_soon();
}

void NodeLink::unsubscribe(const SharedText& channel, Pace pace) {
    const ChannelKey key(*channel);
    for (const auto& subscriber : subscribers_) {
        if (subscriber->lane.drop(key, pace)) break;  // it stands in one at most
    }
    send_commands_soon();
}

void NodeLink::end_bulk() {
    for (const auto& subscriber : subscribers_) subscriber->lane.end_bulk();
    send_commands_soon();
}

NodeLink::Subscriber& NodeLink::subscriber_for(const ChannelKey& channel) {
    Subscriber* free = nullptr;
    for (const auto& subscriber : subscribers_) {
        if (subscriber->lane.knows(channel)) return *subscriber;
        if (free == nullptr && subscriber->lane.size() < options_.channels_per_connection_max) {
            free = subscriber.get();
        }
    }
    if (free != nullptr) return *free;
    subscribers_.push_back(std::make_unique<Subscriber>(*this, subscribers_.size() + 1));
    subscribers_.back()->connect();
    subscribers_.back()->lane.reserve(
        options_.channels_per_connection_max);  // as the others before
    judge_reachability();
    return *subscribers_.back();
}

void NodeLink::send_commands_soon() {
    if (std::exchange(commands_due_, true)) return;
    scheduler_.post([this, alive = std::weak_ptr(alive_)] {
        if (alive.expired()) return;
        commands_due_ = false;
        // Over all connections one command's channels at a time: a publish comes behind them.
        const std::size_t bulk_max = options_.subscribe_batch_max;
        for (std::size_t i = 0; i < subscribers_.size(); ++i) {
            std::size_t awaited = 0;
            for (const auto& subscriber : subscribers_) awaited += subscriber->lane.awaited();
            const std::size_t at = next_to_send_++ % subscribers_.size();
            subscribers_[at]->send_commands(bulk_max - std::min(bulk_max, awaited));
        }
    });
}

// Often enough for the shortest of the times it measures.
void NodeLink::watch() {
    const auto now = scheduler_.now();
    publisher_->find_unanswered(now);
    if (now >= probe_due_) send_probe();
    for (std::size_t i = 0; i < subscribers_.size(); ++i) subscribers_[i]->find_deaf(now);
    judge_reachability();

    const Clock::duration shortest = std::min(
        {options_.unreachable_after, options_.node.probe_interval, options_.node.probe_timeout});
    watch_ = scheduler_.after(std::max<Clock::duration>(shortest / 3, std::chrono::milliseconds(5)),
                              [this] { watch(); });
}

void NodeLink::send_probe() {
    if (!publisher_->up()) return;
    const auto now = scheduler_.now();
    probe_due_ = now + options_.node.probe_interval;
    while (!probes_.empty() && now - probes_.front().sent > 2 * options_.node.probe_timeout) {
        probes_.pop_front();
    }
    probes_.push_back({next_probe_, now});
    publisher_->probe(probe_words_ + std::to_string(next_probe_));
    ++next_probe_;
}

bool NodeLink::all_up() const {
    return publisher_->up() &&
           std::ranges::all_of(subscribers_, [](const auto& one) { return one->up(); });
}

void NodeLink::judge_reachability() {
    const bool up = all_up();
    const auto now = scheduler_.now();
    if (!up && std::exchange(was_up_, up)) down_since_ = now;
    was_up_ = up;
    const bool unreachable = !up && now - down_since_ >= options_.unreachable_after;
    if (unreachable == unreachable_) return;
    unreachable_ = unreachable;
    if (unreachable) {
        log_->warn("node unreachable node={} address={} reason=\"{}\"", member_, address_.text(),
                   last_failure_);
    } else {
        log_->info("node reachable again node={} address={}", member_, address_.text());
    }
    observer_.reachability_changed(id_);
}

void NodeLink::judge_fence() {
    std::optional<ViewNumber> heard_by_all;
    for (const auto& subscriber : subscribers_) {
        if (!subscriber->up()) continue;
        heard_by_all = std::min(heard_by_all.value_or(subscriber->fence()), subscriber->fence());
    }
    if (!heard_by_all || *heard_by_all <= fence_) return;
    fence_ = *heard_by_all;
    observer_.fenced(id_, fence_);
}

void NodeLink::hear(ViewNumber view) {
    if (view <= view_) return;
    view_ = view;
    observer_.view_heard(id_, view);
}

// Of a node that stays away only the first failure is told, as unreachable: the rest is silence.
void NodeLink::note_failure(std::string_view which, bool was_up, std::string_view why,
                            Clock::duration retry_in) {
    last_failure_ = why;
    if (!was_up) return;
    ++reconnects_;
    log_->warn("link broken node={} address={} connection={} reason=\"{}\" retry_ms={}", member_,
               address_.text(), which, why,
               std::chrono::duration_cast<std::chrono::milliseconds>(retry_in).count());
}

LinkStatus NodeLink::status() const {
    LinkStatus status{.member = member_, .address = address_.text()};
    status.publishing = publisher_->up();
    status.subscribing = true;
    for (const auto& subscriber : subscribers_) {
        status.subscribing = status.subscribing && subscriber->up() && !subscriber->deaf();
        status.deaf = status.deaf || subscriber->deaf();
        status.channels += subscriber->lane.size();
    }
    status.unreachable = unreachable_;
    status.reconnects = reconnects_;
    return status;
}

}  // namespace ringcast::router
