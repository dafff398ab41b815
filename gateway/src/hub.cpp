#include "hub.hpp"

#include "counters.hpp"
#include "ringcast/router/errc.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <utility>

namespace ringcast::gateway {

struct Hub::Counts {
    Count channels;
    Count subscriptions;
    Count messages_in;
    Count gaps;
    std::array<Count, publish_outcomes> publishes;
};

/// A channel that somebody here is on. While it is joining, the router has not confirmed it.
struct Hub::Channel {
    std::string name;
    std::uint64_t number = 0;  // of the errand that joins it
    bool joined = false;
    bool walked = false;  // its seats are being gone through: leaving empties a seat, no more
    std::vector<Place::Seat*> seats;
};

struct Hub::Place::Seat {
    Hub* hub = nullptr;
    Channel* channel = nullptr;  // null: void
    Subscriber* subscriber = nullptr;
    std::size_t index = 0;  // in the channel's seats
    bool told = false;      // that it is subscribed: publications go only to those who know
};

/// What a hub asks of the router.
struct Hub::Errand {
    enum class Kind { join, leave, publish };
    Kind kind;
    std::uint64_t number = 0;
    std::string channel{};
    std::string publication{};
};

/// What the router answers and delivers.
struct Hub::News {
    enum class Kind { joined, answered, message, gap };
    Kind kind;
    std::uint64_t number = 0;
    boost::system::error_code failure{};
    router::SharedText channel{};
    router::SharedText text{};
};

/// Lives on the router's thread from its first errand on; kept alive by whatever is posted to it.
class Hub::Far final : public router::Listener, public std::enable_shared_from_this<Far> {
public:
    Far(membership::Scheduler& hubs, std::weak_ptr<Hub*> hub, router::Router& router,
        membership::Scheduler& routers, std::size_t inbox_bytes_max)
        : hubs_(hubs),
          hub_(std::move(hub)),
          router_(router),
          routers_(routers),
          inbox_bytes_max_(inbox_bytes_max) {}

    /// From the hub's thread.
    void send(std::vector<Errand> errands) {
        routers_.post([self = shared_from_this(), batch = std::move(errands)]() mutable {
            self->run(std::move(batch));
        });
    }

    void attach() {
        routers_.post(
            [self = shared_from_this()] { self->listener_ = self->router_.attach(*self); });
    }

    void deliver(std::span<const router::Delivery> deliveries) override {
        std::size_t bytes = 0;
        for (const router::Delivery& each : deliveries) {
            News news{.kind = News::Kind::gap, .channel = each.channel};
            if (each.kind == router::Delivery::Kind::message) {
                const std::size_t size = each.text->size();
                // Over the bound the message is lost, and the gap says so.
                if (inbox_bytes_.load(std::memory_order_relaxed) + bytes + size <=
                    inbox_bytes_max_) {
                    news.kind = News::Kind::message;
                    news.text = each.text;
                    bytes += size;
                } else if (!is_to_be_told(*each.channel)) {
                    continue;
                }
            }
            outbox_.push_back(std::move(news));
        }
        inbox_bytes_.fetch_add(bytes, std::memory_order_relaxed);
        flush();
    }

private:
    /// One gap says as much as many, until it is seen: whoever joins before hears it too.
    bool is_to_be_told(const std::string& channel) {
        const auto seen = batches_seen_.load(std::memory_order_relaxed);
        if (seen == batches_) gaps_.clear();
        const auto [gap, fresh] = gaps_.try_emplace(channel, 0);
        if (!fresh && gap->second > seen) return false;
        gap->second = batches_ + 1;
        return true;
    }

    void run(std::vector<Errand> errands) {
        for (Errand& each : errands) {
            switch (each.kind) {
                case Errand::Kind::join:
                    router_.subscribe(listener_, std::move(each.channel),
                                      reporter(News::Kind::joined, each.number));
                    break;
                case Errand::Kind::leave:
                    router_.unsubscribe(listener_, each.channel);
                    break;
                case Errand::Kind::publish:
                    router_.publish(std::move(each.channel), std::move(each.publication),
                                    reporter(News::Kind::answered, each.number));
                    break;
            }
        }
    }

    router::Router::Handler reporter(News::Kind kind, std::uint64_t number) {
        return [self = shared_from_this(), kind, number](boost::system::error_code failure) {
            self->outbox_.push_back({.kind = kind, .number = number, .failure = failure});
            if (kind == News::Kind::joined) self->gaps_.clear();  // it comes after them
            if (std::exchange(self->flush_posted_, true)) return;
            self->routers_.post([self] {
                self->flush_posted_ = false;
                self->flush();
            });
        };
    }

    void flush() {
        if (outbox_.empty()) return;
        ++batches_;
        hubs_.post([self = shared_from_this(), batch = std::exchange(outbox_, {})]() mutable {
            self->hand_over(std::move(batch));
        });
    }

    // On the hub's thread.
    void hand_over(std::vector<News> batch) {
        std::size_t bytes = 0;
        for (const News& each : batch) {
            if (each.text) bytes += each.text->size();
        }
        inbox_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
        batches_seen_.fetch_add(1, std::memory_order_relaxed);
        if (const auto hub = hub_.lock()) (*hub)->receive(std::move(batch));
    }

    membership::Scheduler& hubs_;
    std::weak_ptr<Hub*> hub_;  // locked on the hub's thread only, where it ends
    router::Router& router_;
    membership::Scheduler& routers_;
    std::size_t inbox_bytes_max_;
    std::atomic<std::size_t> inbox_bytes_{0};  // posted to the hub and not yet seen there
    std::atomic<std::uint64_t> batches_seen_{0};
    // On the router's thread:
    std::uint64_t batches_ = 0;                            // posted to the hub
    std::unordered_map<std::string, std::uint64_t> gaps_;  // for want of room, by batch
    router::ListenerId listener_{};
    std::vector<News> outbox_;
    bool flush_posted_ = false;
};

Hub::Place::Place() = default;
Hub::Place::Place(std::unique_ptr<Seat> seat) : seat_(std::move(seat)) {}
Hub::Place::Place(Place&& other) noexcept = default;

Hub::Place& Hub::Place::operator=(Place&& other) noexcept {
    if (this != &other) {
        leave();
        seat_ = std::move(other.seat_);
    }
    return *this;
}

Hub::Place::~Place() {
    leave();
}

void Hub::Place::leave() {
    if (!seat_) return;
    if (seat_->channel != nullptr) seat_->hub->leave(*seat_);
    seat_.reset();
}

Hub::Hub(membership::Scheduler& own, router::Router& router, membership::Scheduler& routers,
         std::size_t inbox_bytes_max)
    : own_(own), self_(std::make_shared<Hub*>(this)), counts_(std::make_unique<Counts>()) {
    far_ = std::make_shared<Far>(own, self_, router, routers, inbox_bytes_max);
    far_->attach();
}

Hub::~Hub() {
    for (const auto& [name, channel] : channels_) {
        for (Place::Seat* seat : channel->seats) {
            if (seat != nullptr) seat->channel = nullptr;
        }
    }
}

Hub::Place Hub::subscribe(Subscriber& subscriber, const std::string& name) {
    auto& channel = channels_[name];
    if (!channel) {
        channel = std::make_unique<Channel>();
        channel->name = name;
        channel->number = ++last_number_;
        joining_.emplace(channel->number, channel.get());
        send({.kind = Errand::Kind::join, .number = channel->number, .channel = name});
        counts_->channels.add(1);
    }
    auto seat = std::make_unique<Place::Seat>();
    seat->hub = this;
    seat->channel = channel.get();
    seat->subscriber = &subscriber;
    seat->index = channel->seats.size();
    channel->seats.push_back(seat.get());
    counts_->subscriptions.add(1);
    if (channel->joined) {
        if (ready_.empty()) {
            own_.post([self = std::weak_ptr(self_)] {
                if (const auto hub = self.lock()) (*hub)->tell_ready();
            });
        }
        ready_.push_back(seat.get());
    }
    return Place(std::move(seat));
}

void Hub::tell_ready() {
    // The list may grow meanwhile, and what is added is told now, too.
    for (std::size_t i = 0; i < ready_.size(); ++i) {
        Place::Seat* seat = ready_[i];
        if (seat == nullptr) continue;
        ready_[i] = nullptr;
        seat->told = true;
        seat->subscriber->subscribed(seat->channel->name, {});
    }
    ready_.clear();
}

void Hub::leave(Place::Seat& seat) {
    Channel& channel = *seat.channel;
    counts_->subscriptions.take(1);
    if (!seat.told) {
        for (Place::Seat*& each : ready_) {
            if (each == &seat) each = nullptr;
        }
    }
    seat.channel = nullptr;
    if (channel.walked) {
        channel.seats[seat.index] = nullptr;
        return;
    }
    Place::Seat* last = channel.seats.back();
    channel.seats[seat.index] = last;
    last->index = seat.index;
    channel.seats.pop_back();
    forget_if_empty(channel);
}

// Leaves at the router, too, when nobody is left here.
void Hub::forget_if_empty(Channel& channel) {
    if (!channel.seats.empty()) return;
    if (!channel.joined) joining_.erase(channel.number);
    send({.kind = Errand::Kind::leave, .channel = channel.name});
    counts_->channels.take(1);
    channels_.erase(channels_.find(channel.name));
}

void Hub::publish(std::string channel, std::string publication, Answer answer) {
    const std::uint64_t number = ++last_number_;
    answers_.emplace(number, std::move(answer));
    send({.kind = Errand::Kind::publish,
          .number = number,
          .channel = std::move(channel),
          .publication = std::move(publication)});
}

void Hub::send(Errand errand) {
    if (errands_.empty()) {
        own_.post([self = std::weak_ptr(self_)] {
            if (const auto hub = self.lock()) {
                (*hub)->far_->send(std::exchange((*hub)->errands_, {}));
            }
        });
    }
    errands_.push_back(std::move(errand));
}

void Hub::receive(std::vector<News> batch) {
    for (const News& news : batch) {
        switch (news.kind) {
            case News::Kind::joined:
                joined(news);
                break;
            case News::Kind::answered: {
                const auto outcome = static_cast<std::size_t>(news.failure.value());
                counts_->publishes[std::min(outcome, publish_outcomes - 1)].add(1);
                const auto found = answers_.find(news.number);
                assert(found != answers_.end());
                const Answer answer = std::move(found->second);
                answers_.erase(found);
                answer(news.failure);
                break;
            }
            case News::Kind::message:
            case News::Kind::gap:
                fan_out(news);
                break;
        }
    }
}

void Hub::joined(const News& news) {
    const auto found = joining_.find(news.number);
    if (found == joining_.end()) return;  // everybody left before the confirmation
    Channel& channel = *found->second;
    joining_.erase(found);
    if (news.failure) {
        // Out of the table first: whoever tries again at once joins anew.
        const auto failed = channels_.extract(channel.name);
        counts_->channels.take(1);
        walk(channel, [&](Place::Seat& seat) {
            take(seat);
            seat.subscriber->subscribed(channel.name, news.failure);
        });
        return;
    }
    channel.joined = true;
    walk(channel, [&](Place::Seat& seat) {
        seat.told = true;
        seat.subscriber->subscribed(channel.name, {});
    });
    forget_if_empty(channel);
}

void Hub::fan_out(const News& news) {
    const auto found = channels_.find(*news.channel);
    if (found == channels_.end() || !found->second->joined) return;  // of an earlier subscription
    Channel& channel = *found->second;
    if (news.kind == News::Kind::message) {
        counts_->messages_in.add(1);
        walk(channel, [&](Place::Seat& seat) {
            if (seat.told) seat.subscriber->deliver(news.text);
        });
    } else {
        counts_->gaps.add(1);
        walk(channel, [&](Place::Seat& seat) {
            if (!seat.told) return;  // its subscription begins after the gap
            take(seat);
            seat.subscriber->lost(channel.name);
        });
    }
    forget_if_empty(channel);
}

// Visits the seats that are there now; a visit may empty any seat and add others.
template <typename Visit>
void Hub::walk(Channel& channel, Visit visit) {
    assert(!channel.walked);
    channel.walked = true;
    const std::size_t count = channel.seats.size();
    for (std::size_t i = 0; i < count; ++i) {
        if (channel.seats[i] != nullptr) visit(*channel.seats[i]);
    }
    channel.walked = false;
    if (std::erase(channel.seats, nullptr) == 0) return;
    for (std::size_t i = 0; i < channel.seats.size(); ++i) channel.seats[i]->index = i;
}

// Makes a seat void during a walk.
void Hub::take(Place::Seat& seat) {
    seat.channel->seats[seat.index] = nullptr;
    seat.channel = nullptr;
    counts_->subscriptions.take(1);
}

std::size_t Hub::channels() const noexcept {
    return counts_->channels.value();
}
std::size_t Hub::subscriptions() const noexcept {
    return counts_->subscriptions.value();
}
std::uint64_t Hub::messages_in() const noexcept {
    return counts_->messages_in.value();
}
std::uint64_t Hub::gaps() const noexcept {
    return counts_->gaps.value();
}
std::uint64_t Hub::publishes(std::size_t outcome) const noexcept {
    return counts_->publishes[outcome].value();
}

}  // namespace ringcast::gateway
