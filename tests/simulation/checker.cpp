#include "checker.hpp"

#include "messages.hpp"
#include "setup.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <utility>

namespace ringcast::simulation {
namespace {

using Kind = Event::Kind;
using Place = std::size_t;  // of an event in the history
using Index = std::size_t;  // of a message among those of its channel, as they were first met

constexpr Place never = ~Place{0};

/// What is known of one message.
struct Publish {
    Message message;
    bool known = false;  // to publishers or nodes
    Place accepted = never;
    std::optional<Answer> answer = {};
    unsigned calls = 0;
    unsigned answers = 0;
};

/// One subscription, from its confirmation to its end.
struct Subscription {
    Place begin;
    Place end = never;
    std::vector<std::pair<Index, Place>> delivered = {};
    std::vector<Place> gaps = {};
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
        std::vector<Index> order;  // over all his subscriptions
        std::vector<bool> seen;    // by index
    };

    void complain(Rule rule, const std::string& text) { found_.push_back({rule, number_, text}); }
    [[nodiscard]] Index index_of(const Message& message);
    [[nodiscard]] Publish& published(const Message& message);
    [[nodiscard]] static Subscription* current(Subscriber& subscriber);
    void accept(Place at);
    void deliver(Place at);
    void judge_publishes();
    void judge_accept_order();
    void judge_authority();
    void judge_delivery_order(std::uint32_t who, const Subscriber& subscriber);
    void judge_one_order(std::uint32_t who, const Subscriber& subscriber);
    void judge_losses(std::uint32_t who, const Subscription& subscription);
    void judge_loss(std::uint32_t who, const Subscription& subscription, Place at);
    [[nodiscard]] bool failed(const Publish& publish) const;

    const std::uint32_t number_;
    const std::vector<Event>& events_;
    const Judgement judgement_;
    std::vector<Violation>& found_;
    boost::unordered_flat_map<std::uint64_t, Index> indices_;  // by publisher and number
    std::vector<Publish> publishes_;                           // by index
    std::vector<Place> accepted_;
    std::map<std::uint32_t, Subscriber> subscribers_;
    std::set<std::uint32_t> doubted_;  // by gateways
};

Index Channel::index_of(const Message& message) {
    const auto key = std::uint64_t{message.publisher} << 32U | message.number;
    const auto [found, first] = indices_.try_emplace(key, publishes_.size());
    if (first) publishes_.push_back({message});
    return found->second;
}

Publish& Channel::published(const Message& message) {
    Publish& publish = publishes_[index_of(message)];
    publish.known = true;
    return publish;
}

Subscription* Channel::current(Subscriber& subscriber) {
    auto& all = subscriber.subscriptions;
    return all.empty() || all.back().end != never ? nullptr : &all.back();
}

void Channel::see(Place at) {
    const Event& event = events_[at];
    switch (event.kind) {
        case Kind::published:
            ++published(event.message).calls;
            break;
        case Kind::answered: {
            Publish& publish = published(event.message);
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
        case Kind::confirmed: {
            Subscriber& subscriber = subscribers_[event.who];
            if (current(subscriber) != nullptr) {
                complain(Rule::unasked, named("subscriber", event.who) + " confirmed twice");
            } else {
                subscriber.subscriptions.push_back({at});
            }
            break;
        }
        case Kind::failed:
            if (judgement_.undisturbed) {
                complain(Rule::disturbed, named("subscriber", event.who) + " was refused");
            }
            [[fallthrough]];
        case Kind::given_up:
            if (auto* const subscription = current(subscribers_[event.who])) subscription->end = at;
            break;
        case Kind::delivered:
            deliver(at);
            break;
        case Kind::gap:
            if (Subscription* const subscription = current(subscribers_[event.who])) {
                subscription->gaps.push_back(at);
            } else {
                complain(Rule::unasked, named("subscriber", event.who) + " told a gap in nothing");
            }
            if (judgement_.roomy && !doubted_.contains(gateway_of(event.who))) {
                complain(Rule::needless, named("subscriber", event.who) + " told a gap of nothing");
            }
            if (judgement_.undisturbed) {
                complain(Rule::disturbed, named("subscriber", event.who) + " told a gap");
            }
            break;
        case Kind::doubted:
            doubted_.insert(event.who);
            break;
        case Kind::sure:
            doubted_.erase(event.who);
            break;
        default:
            break;
    }
}

void Channel::accept(Place at) {
    const Event& event = events_[at];
    Publish& publish = published(event.message);
    if (publish.calls == 0) complain(Rule::invented, "accepted " + text_of(event.message));
    if (publish.accepted != never) {
        complain(Rule::twice, "accepted " + text_of(event.message) + " twice");
        return;
    }
    publish.accepted = at;
    accepted_.push_back(at);
}

void Channel::deliver(Place at) {
    const Event& event = events_[at];
    const auto complain_of_it = [&](Rule rule, std::string_view how) {
        complain(rule, named("subscriber", event.who) + " got " + text_of(event.message) +
                           std::string(how));
    };
    const Index index = index_of(event.message);
    if (publishes_[index].accepted == never) {
        complain_of_it(Rule::invented, ", which no node accepted");
    }
    Subscriber& subscriber = subscribers_[event.who];
    if (subscriber.seen.size() <= index) subscriber.seen.resize(index + 1);
    if (subscriber.seen[index]) return complain_of_it(Rule::twice, " twice");
    subscriber.seen[index] = true;
    Subscription* const subscription = current(subscriber);
    if (subscription == nullptr) return complain_of_it(Rule::unasked, " while not subscribed");
    subscriber.order.push_back(index);
    subscription->delivered.emplace_back(index, at);
}

void Channel::judge() {
    judge_publishes();
    judge_accept_order();
    judge_authority();
    for (const auto& [who, subscriber] : subscribers_) {
        judge_delivery_order(who, subscriber);
        judge_one_order(who, subscriber);
        for (const Subscription& one : subscriber.subscriptions) judge_losses(who, one);
    }
}

void Channel::judge_publishes() {
    for (const Publish& publish : publishes_) {
        const auto complain_of_it = [&](Rule rule, std::string_view how) {
            complain(rule, "publish " + text_of(publish.message) + std::string(how));
        };
        if (publish.answers > 1) complain_of_it(Rule::answers, " answered more than once");
        if (judgement_.complete && publish.known && publish.answers == 0) {
            complain_of_it(Rule::answers, " never answered");
        }
        const bool accepted = publish.accepted != never;
        if (publish.answer == Answer::published && !accepted) {
            complain_of_it(Rule::false_answer, " answered with success, and no node accepted it");
        }
        if (publish.answer == Answer::not_taken && accepted) {
            complain_of_it(Rule::false_answer, " answered as not taken, and a node accepted it");
        }
    }
}

// A publisher who is told that something failed does not count on its place.
bool Channel::failed(const Publish& publish) const {
    return publish.known && publish.answer.value_or(Answer::unknown) != Answer::published;
}

void Channel::judge_accept_order() {
    std::map<std::uint32_t, std::uint32_t> last;  // by publisher
    for (const Place at : accepted_) {
        const Message& message = events_[at].message;
        if (failed(publishes_[index_of(message)])) continue;
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
    for (const Index index : subscriber.order) {
        const Publish& publish = publishes_[index];
        if (failed(publish)) continue;
        const Message& message = publish.message;
        std::uint32_t& before = last[message.publisher];
        if (message.number < before) {
            complain(Rule::publisher_order, named("subscriber", who) + " got " + text_of(message) +
                                                " after " + std::to_string(before));
        }
        before = std::max(before, message.number);
    }
}

/// Whatever moves meanwhile, messages come in the order in which nodes accepted them, to everybody.
void Channel::judge_one_order(std::uint32_t who, const Subscriber& subscriber) {
    Place before = 0;
    for (const Index index : subscriber.order) {
        const Place accepted = publishes_[index].accepted;
        if (accepted == never) continue;  // invented
        if (accepted < before) {
            complain(Rule::one_order, named("subscriber", who) + " got " +
                                          text_of(publishes_[index].message) + " after " +
                                          text_of(events_[before].message) +
                                          ", which was accepted later");
        }
        before = std::max(before, accepted);
    }
}

/// What was accepted during the subscription and not delivered in it must be told by a gap.
void Channel::judge_losses(std::uint32_t who, const Subscription& subscription) {
    std::vector<bool> delivered(publishes_.size());
    for (const auto& [index, at] : subscription.delivered) delivered[index] = true;
    auto at = std::ranges::lower_bound(accepted_, subscription.begin);
    for (; at != accepted_.end() && *at <= subscription.end; ++at) {
        if (!delivered[index_of(events_[*at].message)]) judge_loss(who, subscription, *at);
    }
}

/// The gap is told after it was accepted, and before anything that was accepted later.
void Channel::judge_loss(std::uint32_t who, const Subscription& subscription, Place at) {
    const auto is_behind = [&](const std::pair<Index, Place>& one) {
        const Place accepted = publishes_[one.first].accepted;
        return accepted != never && accepted > at;
    };
    const auto behind = std::ranges::find_if(subscription.delivered, is_behind);
    const bool none_behind = behind == subscription.delivered.end();
    if (none_behind && (!judgement_.complete || subscription.end != never)) return;
    const auto told = std::ranges::upper_bound(subscription.gaps, at);
    if (told != subscription.gaps.end() && (none_behind || *told < behind->second)) return;
    complain(Rule::loss, named("subscriber", who) + " never got " +
                             text_of(events_[at].message) + ", and was not told");
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
    static constexpr std::array<std::string_view, 11> names{
        "invented",     "twice",   "unasked",   "one order", "publisher order", "loss",
        "false answer", "answers", "authority", "needless",  "disturbed"};
    return names[static_cast<std::size_t>(rule)];
}

std::vector<Violation> judge(const History& history, Judgement judgement) {
    const auto& events = history.events();
    std::vector<Violation> found;
    std::vector<std::unique_ptr<Channel>> channels;  // by number
    for (Place at = 0; at < events.size(); ++at) {
        const Event& event = events[at];
        if (event.kind == Kind::note || event.kind == Kind::fenced ||
            event.kind == Kind::restarted) {
            continue;
        }
        const std::uint32_t number = event.message.channel;
        if (number >= channels.size()) channels.resize(number + 1);
        auto& channel = channels[number];
        if (!channel) channel = std::make_unique<Channel>(number, events, judgement, found);
        channel->see(at);
    }
    judge_fences(events, found);
    for (const auto& channel : channels) {
        if (channel) channel->judge();
    }
    return found;
}

}  // namespace ringcast::simulation
