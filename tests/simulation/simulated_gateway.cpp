#include "simulated_gateway.hpp"

#include "messages.hpp"
#include "node_control.hpp"
#include "ringcast/router/entries.hpp"
#include "simulated_node.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace ringcast::simulation {
namespace {

router::RouterOptions router_options(std::uint32_t number, bool crowded) {
    router::RouterOptions options;
    options.gateway_id = "gateway-" + std::to_string(number);
    options.node.answer_timeout = 400ms;
    options.node.probe_interval = 200ms;
    options.node.probe_timeout = 600ms;
    options.node.backoff_min = 10ms;
    options.node.backoff_max = 200ms;
    options.node.chance_seed = number + 1;
    options.hold_time_max = 3'000ms;
    options.linger = 100ms;
    options.unreachable_after = 100ms;
    options.publish_batch_max = 4;
    options.channels_per_connection_max = 4;
    options.subscribe_batch_max = 4;
    if (crowded) {
        options.publishes_in_flight_max = 8;
        options.hold_bytes_max = 200;  // about ten publishes
        options.early_bytes_max = crowded_early_bytes;
    }
    return options;
}

/// The date, too, is the simulation's.
router::CoordinatorOptions coordinator_options(const SeededScheduler& scheduler) {
    constexpr std::int64_t beginning = 1'800'000'000;
    router::CoordinatorOptions options;
    options.unix_seconds = [&scheduler] {
        return beginning + scheduler.now().time_since_epoch() / 1s;
    };
    options.genesis_settle = 100ms;
    options.probe_timeout = 150ms;
    options.death_grace = 150ms;
    options.abandoned_grace = 500ms;
    options.return_settle = 300ms;
    options.registration_wait = 300ms;
    options.lease_wait = lease_time * 6 / 5;
    options.reach_patience = 300ms;
    options.reach_patience_max = 3'000ms;
    options.stand_again_after = 100ms;
    return options;
}

Answer answer_of(const boost::system::error_code& error) {
    if (!error) return Answer::published;
    if (error == router::Errc::outcome_unknown || error == router::Errc::stopped) {
        return Answer::unknown;
    }
    return Answer::not_taken;
}

}  // namespace

/// Its connections: one path to each node, whose faults are this gateway's own.
class SimulatedGateway::Links final : public router::ConnectionFactory {
public:
    explicit Links(SimulatedGateway& gateway) : gateway_(gateway) {}

    std::unique_ptr<router::NodeConnection> connect(
        const router::Address& address, router::NodeConnection::Purpose purpose,
        router::NodeConnection::Observer& observer) override {
        for (const auto& node : gateway_.around_.nodes) {
            if (node->address() != address) continue;
            return gateway_.wires_.connect(*node, purpose, observer);
        }
        assert(false && "no such node");
        return nullptr;
    }

private:
    SimulatedGateway& gateway_;
};

class SimulatedGateway::Ear final : public router::Listener {
public:
    Ear(SimulatedGateway& gateway, std::size_t listener) : gateway_(gateway), listener_(listener) {}

    void deliver(std::span<const router::Delivery> deliveries) override {
        for (const auto& one : deliveries) {
            const auto channel = number_of_channel(*one.channel);
            Event event{.kind = Event::Kind::gap, .who = gateway_.listener_id(listener_)};
            event.message.channel = channel;
            if (one.kind == router::Delivery::Kind::message) {
                event.kind = Event::Kind::delivered;
                event.message = message_of(channel, *one.text);
            }
            gateway_.tell(std::move(event));
        }
    }

private:
    SimulatedGateway& gateway_;
    const std::size_t listener_;
};

SimulatedGateway::SimulatedGateway(Surroundings& around, std::uint32_t number)
    : around_(around),
      number_(number),
      process_(around.scheduler.start("gateway-" + std::to_string(number))),
      wires_(*this, around.taps),
      znodes_(around.ensemble.attach(process_)) {
    around.ensemble.set_latency(*znodes_, around.latency);
    around.ensemble.set_lag(*znodes_, around.lag);
    router::GatewayEntry entry;
    entry.id = "gateway-" + std::to_string(number);
    announcer_.emplace(*znodes_, process_, std::move(entry), "i" + std::to_string(number),
                       [this](const std::string& name) {
                           if (!router_) serve();
                           entries_.push_back(name);
                           router_->announced_as(name);
                       });
}

SimulatedGateway::~SimulatedGateway() {
    kill();
}

void SimulatedGateway::serve() {
    links_ = std::make_unique<Links>(*this);
    control_ = make_node_control(*this, around_);
    coordinator_znodes_ = watched(*znodes_, tripwire_);
    router_ = router::make_router(
        *znodes_, process_, *links_,
        [](std::string_view, std::string_view payload) { return std::string(payload); },
        router_options(number_, around_.crowded), around_.log);
    router_->on_change([this] { report_reachability(); });
    for (std::size_t i = 0; i < listeners_each; ++i) {
        ears_.push_back(std::make_unique<Ear>(*this, i));
        (void)router_->attach(*ears_.back());
    }
    coordinator_ = router::make_coordinator(*coordinator_znodes_, process_, *control_,
                                            "gateway-" + std::to_string(number_),
                                            coordinator_options(around_.scheduler), around_.log);
}

void SimulatedGateway::report_reachability() {
    std::vector<std::string> unreachable;
    for (const auto& link : router_->status().links) {
        if (link.unreachable) unreachable.push_back(link.member);
    }
    announcer_->unreachable(std::move(unreachable));
}

void SimulatedGateway::kill() {
    if (!alive()) return;
    process_.kill();
    tripwire_.kill();  // what it does while it is taken apart never happened
    session_left_ = around_.ensemble.session_of(*znodes_);
    around_.ensemble.suspend(*znodes_);  // it says no goodbye
    for (auto& [key, wish] : wanted_) {
        if (!wish.confirmed) continue;
        Event event{.kind = Event::Kind::given_up, .who = listener_id(key.first)};
        event.message.channel = key.second;
        tell(std::move(event));
    }
    wanted_.clear();
    for (const Message& message : unanswered_) {
        tell({.kind = Event::Kind::answered,
              .who = message.publisher,
              .message = message,
              .answer = Answer::unknown});
    }
    unanswered_.clear();
    coordinator_.reset();
    router_.reset();
    control_.reset();
    announcer_.reset();
    coordinator_znodes_.reset();
    znodes_.reset();
}

const SimulatedGateway::Probes* SimulatedGateway::probes_of(const router::Address& address) const {
    const auto found = probes_.find(address);
    return found == probes_.end() ? nullptr : &found->second;
}

void SimulatedGateway::has_probed(const router::Address& address, bool answered) {
    Probes& probes = probes_[address];
    probes.last = around_.scheduler.now();
    if (answered) {
        probes.failed = 0;
    } else if (probes.failed++ == 0) {
        probes.failing_since = probes.last;
    }
}

void SimulatedGateway::tell(Event event) {
    event.at = around_.scheduler.now().time_since_epoch();
    around_.history.add(std::move(event));
}

const std::shared_ptr<router::InProcessPath>& SimulatedGateway::path_to(const SimulatedNode& node) {
    auto& path = paths_[&node];
    if (!path) {
        path = std::make_shared<router::InProcessPath>(process_);
        path->set_latency(around_.latency);
    }
    return path;
}

void SimulatedGateway::subscribe(std::size_t listener, std::uint32_t channel) {
    if (wants(listener, channel)) return;
    wanted_[{listener, channel}];
    ask(listener, channel);
}

// A client that is refused asks again a moment later.
void SimulatedGateway::ask(std::size_t listener, std::uint32_t channel) {
    Wish& wish = wanted_.at({listener, channel});
    const auto attempt = wish.attempt = ++attempts_;
    Event asked{.kind = Event::Kind::asked, .who = listener_id(listener)};
    asked.message.channel = channel;
    tell(asked);
    router_->subscribe(static_cast<router::ListenerId>(listener), around_.channels[channel],
                       [this, listener, channel, attempt, asked](boost::system::error_code error) {
                           const auto found = wanted_.find({listener, channel});
                           if (found == wanted_.end() || found->second.attempt != attempt) return;
                           Event event = asked;
                           event.kind = error ? Event::Kind::failed : Event::Kind::confirmed;
                           tell(std::move(event));
                           found->second.confirmed = !error;
                           if (!error) return;
                           found->second.retry = process_.after(
                               100ms, [this, listener, channel] { ask(listener, channel); });
                       });
}

void SimulatedGateway::unsubscribe(std::size_t listener, std::uint32_t channel) {
    const auto found = wanted_.find({listener, channel});
    if (found == wanted_.end()) return;
    if (found->second.confirmed) {
        Event event{.kind = Event::Kind::given_up, .who = listener_id(listener)};
        event.message.channel = channel;
        tell(std::move(event));
    }
    wanted_.erase(found);
    router_->unsubscribe(static_cast<router::ListenerId>(listener), around_.channels[channel]);
}

bool SimulatedGateway::wants(std::uint32_t channel) const {
    return std::ranges::any_of(wanted_,
                               [&](const auto& wish) { return wish.first.second == channel; });
}

bool SimulatedGateway::all_confirmed() const {
    return std::ranges::all_of(wanted_, [](const auto& wish) { return wish.second.confirmed; });
}

void SimulatedGateway::publish(std::size_t publisher, std::uint32_t channel) {
    const Message message{channel, listener_id(publisher), ++published_[{publisher, channel}]};
    tell({.kind = Event::Kind::published, .who = message.publisher, .message = message});
    unanswered_.insert(message);
    router_->publish(around_.channels[channel], text_of(message),
                     [this, message](boost::system::error_code error) {
                         unanswered_.erase(message);
                         tell({.kind = Event::Kind::answered,
                               .who = message.publisher,
                               .message = message,
                               .answer = answer_of(error),
                               .text = error ? error.message() : std::string{}});
                     });
}

}  // namespace ringcast::simulation
