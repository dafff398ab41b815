#include "checker.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace ringcast::simulation {
namespace {

using Kind = Event::Kind;
using Place = std::size_t;  // of an event in the history

/// What is known of one publish.
struct Publish {
    std::optional<Place> accepted;
    std::optional<Answer> answer;
    unsigned calls = 0;
    unsigned answers = 0;
};

/// One subscription, from its confirmation to its end.
struct Subscription {
    Place begin;
    std::optional<Place> end;
    std::map<Message, Place> delivered;
    std::vector<Place> gaps;
};

/// The history of one channel.
class Channel {
public:
    Channel(std::uint32_t number, const std::vector<Event>& events, Judgement judgement,
            std::vector<Violation>& found)
        : number_(number), events_(events), judgement_(judgement), found_(found) {}

    void see(Place at);
    void judge();

private:
    struct Subscriber {
        std::vector<Subscription> subscriptions;
        std::vector<Message> order;  // over all his subscriptions
        std::set<Message> seen;
    };

    void complain(Rule rule, const std::string& text) { found_.push_back({rule, number_, text}); }
    [[nodiscard]] Subscription* current(std::uint32_t subscriber);
    void accept(Place at);
    void deliver(Place at);
    void judge_publishes();
    void judge_accept_order();
    void judge_authority();
    void judge_delivery_order(std::uint32_t who, const Subscriber& subscriber);
    void judge_losses(std::uint32_t who, const Subscription& subscription);
    void judge_one_order();
    [[nodiscard]] bool failed(const Message& message) const;

    const std::uint32_t number_;
    const std::vector<Event>& events_;
    const Judgement judgement_;
    std::vector<Violation>& found_;
    std::map<Message, Publish> publishes_;
    std::vector<Place> accepted_;
    std::map<std::uint32_t, Subscriber> subscribers_;
};

std::string named(std::string_view what, std::uint64_t number) {
    return std::string(what) + " " + std::to_string(number);
}

Subscription* Channel::current(std::uint32_t subscriber) {
    auto& all = subscribers_[subscriber].subscriptions;
    return all.empty() || all.back().end ? nullptr : &all.back();
}

void Channel::see(Place at) {
    const Event& event = events_[at];
    switch (event.kind) {
        case Kind::published:
            ++publishes_[event.message].calls;
            break;
        case Kind::answered: {
            Publish& publish = publishes_[event.message];
            ++publish.answers;
            publish.answer = event.answer;
            if (judgement_.undisturbed && event.answer != Answer::published) {
                complain(Rule::disturbed, "publish " + text_of(event.message) + " failed");
            }
            break;
        }
        case Kind::accepted:
            accept(at);
            break;
        case Kind::confirmed:
            if (current(event.who) != nullptr) {
                complain(Rule::unasked, named("subscriber", event.who) + " confirmed twice");
            } else {
                subscribers_[event.who].subscriptions.push_back({at, {}, {}, {}});
            }
            break;
        case Kind::given_up:
        case Kind::failed:
            if (Subscription* const subscription = current(event.who)) subscription->end = at;
            break;
        case Kind::delivered:
            deliver(at);
            break;
        case Kind::gap:
            if (Subscription* const subscription = current(event.who)) {
                subscription->gaps.push_back(at);
            } else {
                complain(Rule::unasked, named("subscriber", event.who) + " told a gap in nothing");
            }
            if (judgement_.undisturbed) {
                complain(Rule::disturbed, named("subscriber", event.who) + " told a gap");
            }
            break;
        default:
            break;
    }
}

void Channel::accept(Place at) {
    const Event& event = events_[at];
    Publish& publish = publishes_[event.message];
    if (publish.calls == 0) complain(Rule::invented, "accepted " + text_of(event.message));
    if (publish.accepted) {
        complain(Rule::twice, "accepted " + text_of(event.message) + " twice");
        return;
    }
    publish.accepted = at;
    accepted_.push_back(at);
}

void Channel::deliver(Place at) {
    const Event& event = events_[at];
    const std::string what = named("subscriber", event.who) + " got " + text_of(event.message);
    const auto publish = publishes_.find(event.message);
    if (publish == publishes_.end() || !publish->second.accepted) {
        complain(Rule::invented, what + ", which no node accepted");
    }
    Subscriber& subscriber = subscribers_[event.who];
    if (!subscriber.seen.insert(event.message).second) {
        return complain(Rule::twice, what + " twice");
    }
    Subscription* const subscription = current(event.who);
    if (subscription == nullptr) return complain(Rule::unasked, what + " while not subscribed");
    subscriber.order.push_back(event.message);
    subscription->delivered.emplace(event.message, at);
}

void Channel::judge() {
    judge_publishes();
    judge_accept_order();
    judge_authority();
    for (const auto& [who, subscriber] : subscribers_) {
        judge_delivery_order(who, subscriber);
        for (const Subscription& one : subscriber.subscriptions) judge_losses(who, one);
    }
    judge_one_order();
}

void Channel::judge_publishes() {
    for (const auto& [message, publish] : publishes_) {
        const std::string what = "publish " + text_of(message);
        if (publish.answers > 1) complain(Rule::answers, what + " answered more than once");
        if (judgement_.complete && publish.answers == 0) {
            complain(Rule::answers, what + " never answered");
        }
        if (publish.answer == Answer::published && !publish.accepted) {
            complain(Rule::false_answer, what + " answered with success, and no node accepted it");
        }
        if (publish.answer == Answer::not_taken && publish.accepted) {
            complain(Rule::false_answer, what + " answered as not taken, and a node accepted it");
        }
    }
}

// A publisher who is told that something failed does not count on its place.
bool Channel::failed(const Message& message) const {
    const auto found = publishes_.find(message);
    return found != publishes_.end() &&
           found->second.answer.value_or(Answer::unknown) != Answer::published;
}

void Channel::judge_accept_order() {
    std::map<std::uint32_t, std::uint32_t> last;  // by publisher
    for (const Place at : accepted_) {
        const Message& message = events_[at].message;
        if (failed(message)) continue;
        std::uint32_t& before = last[message.publisher];
        if (message.number < before) {
            complain(Rule::publisher_order,
                     "accepted " + text_of(message) + " after " + std::to_string(before));
        }
        before = std::max(before, message.number);
    }
}

void Channel::judge_authority() {
    std::map<std::uint64_t, std::uint32_t> node_of;  // by view
    const Event* latest = nullptr;                   // of the highest view so far
    for (const Place at : accepted_) {
        const Event& event = events_[at];
        const auto [known, first] = node_of.emplace(event.view, event.who);
        if (!first && known->second != event.who) {
            complain(Rule::authority, named("node", event.who) + " and " +
                                          named("node", known->second) + " accepted by " +
                                          named("view", event.view));
        }
        if (latest != nullptr && event.view < latest->view && event.who != latest->who) {
            complain(Rule::authority,
                     named("node", event.who) + " accepted " + text_of(event.message) + " by " +
                         named("view", event.view) + " after " + named("node", latest->who) +
                         " did by " + named("view", latest->view));
        }
        if (latest == nullptr || event.view > latest->view) latest = &event;
    }
}

void Channel::judge_delivery_order(std::uint32_t who, const Subscriber& subscriber) {
    std::map<std::uint32_t, std::uint32_t> last;  // by publisher
    for (const Message& message : subscriber.order) {
        if (failed(message)) continue;
        std::uint32_t& before = last[message.publisher];
        if (message.number < before) {
            complain(Rule::publisher_order, named("subscriber", who) + " got " + text_of(message) +
                                                " after " + std::to_string(before));
        }
        before = std::max(before, message.number);
    }
}

/// What was accepted during the subscription and not delivered in it must be told by a gap: after
/// it was accepted, and before anything that its publisher published later.
void Channel::judge_losses(std::uint32_t who, const Subscription& subscription) {
    for (const Place at : accepted_) {
        if (at < subscription.begin) continue;
        if (subscription.end && at > *subscription.end) break;
        const Message& message = events_[at].message;
        if (subscription.delivered.contains(message)) continue;

        std::optional<Place> behind;  // the next of this publisher that was delivered
        auto next = subscription.delivered.upper_bound(message);
        for (; next != subscription.delivered.end(); ++next) {
            if (next->first.publisher != message.publisher) break;
            if (failed(next->first) || failed(message)) continue;
            if (!behind || next->second < *behind) behind = next->second;
        }
        if (!behind && (!judgement_.complete || subscription.end)) continue;
        const auto told =
            std::ranges::find_if(subscription.gaps, [at](Place gap) { return gap > at; });
        if (told != subscription.gaps.end() && (!behind || *told < *behind)) continue;
        complain(Rule::loss, named("subscriber", who) + " never got " + text_of(message) +
                                 ", and was not told");
    }
}

/// What follows what, as each subscriber saw it, must not go round in a circle.
void Channel::judge_one_order() {
    std::map<Message, std::set<Message>> next;
    std::map<Message, unsigned> before;
    for (const auto& [who, subscriber] : subscribers_) {
        for (std::size_t i = 1; i < subscriber.order.size(); ++i) {
            if (next[subscriber.order[i - 1]].insert(subscriber.order[i]).second) {
                ++before[subscriber.order[i]];
            }
        }
    }
    std::vector<Message> free;
    for (const auto& [message, followers] : next) {
        if (!before.contains(message)) free.push_back(message);
    }
    while (!free.empty()) {
        const Message message = free.back();
        free.pop_back();
        for (const Message& follower : next[message]) {
            if (--before[follower] == 0) free.push_back(follower);
        }
    }
    for (const auto& [message, count] : before) {
        if (count == 0) continue;
        return complain(Rule::one_order,
                        "subscribers saw " + text_of(message) + " and others in different orders");
    }
}

void judge_fences(const std::vector<Event>& events, std::vector<Violation>& found) {
    std::map<std::uint32_t, std::uint64_t> fence;  // by node
    for (const Event& event : events) {
        if (event.kind == Kind::fenced) {
            fence[event.who] = std::max(fence[event.who], event.view);
        } else if (event.kind == Kind::restarted) {
            fence.erase(event.who);
        } else if (event.kind == Kind::accepted && event.view < fence[event.who]) {
            found.push_back({Rule::authority, event.message.channel,
                             named("node", event.who) + ", fenced at " +
                                 std::to_string(fence[event.who]) + ", accepted " +
                                 text_of(event.message) + " by " + named("view", event.view)});
        }
    }
}

}  // namespace

std::string_view name_of(Rule rule) noexcept {
    static constexpr std::array<std::string_view, 10> names{
        "invented", "twice",        "unasked", "one order", "publisher order",
        "loss",     "false answer", "answers", "authority", "disturbed"};
    return names[static_cast<std::size_t>(rule)];
}

std::vector<Violation> judge(const History& history, Judgement judgement) {
    const auto& events = history.events();
    std::vector<Violation> found;
    std::map<std::uint32_t, Channel> channels;
    for (const Event& event : events) {
        if (event.kind == Kind::published || event.kind == Kind::accepted ||
            event.kind == Kind::asked || event.kind == Kind::confirmed ||
            event.kind == Kind::delivered) {
            channels.try_emplace(event.message.channel, event.message.channel, events, judgement,
                                 found);
        }
    }
    for (Place at = 0; at < events.size(); ++at) {
        const Event& event = events[at];
        if (const auto channel = channels.find(event.message.channel);
            channel != channels.end() && event.kind != Kind::note && event.kind != Kind::fenced &&
            event.kind != Kind::restarted) {
            channel->second.see(at);
        }
    }
    judge_fences(events, found);
    for (auto& [number, channel] : channels) channel.judge();
    return found;
}

}  // namespace ringcast::simulation
