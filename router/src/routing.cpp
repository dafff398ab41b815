#include "routing.hpp"

#include <algorithm>
#include <utility>

namespace ringcast::router {

Routing::Routing(const RouterOptions& options, RoutingActions& actions)
    : actions_(actions), subscribing_(options, actions), publishing_(options, actions) {}

bool Routing::adopt(const View& view, Clock::time_point now) {
    if (destinations_) {
        if (view.number <= destinations_->view) return false;
        if (view.ring.seed() != destinations_->ring.seed()) return false;
    }
    Destinations next{view.number, view.ring, {}};
    const auto& members = view.ring.members();
    for (std::size_t i = 0; i < members.size(); ++i) {
        next.links.push_back(link_to(members[i].id, view.addresses[i]));
    }
    retiring_.clear();
    for (std::size_t i = 0; i < known_.size(); ++i) {
        const LinkId link{static_cast<std::uint32_t>(i)};
        if (known_[i].open && std::ranges::find(next.links, link) == next.links.end())
            retiring_.push_back(link);
    }
    destinations_ = std::move(next);
    publishing_.adopt(*destinations_, now);
    subscribing_.adopt(*destinations_);
    return true;
}

LinkId Routing::link_to(const std::string& member, const Address& address) {
    for (std::size_t i = 0; i < known_.size(); ++i) {
        const Known& known = known_[i];
        if (known.open && known.member == member && known.address == address) {
            return LinkId{static_cast<std::uint32_t>(i)};
        }
    }
    const LinkId link{static_cast<std::uint32_t>(known_.size())};
    known_.push_back({member, address});
    actions_.open_link(link, member, address);
    return link;
}

/// Closes the links that no channel and no publish needs any more.
void Routing::retire() {
    std::erase_if(retiring_, [this](LinkId link) {
        if (subscribing_.channels_on(link) > 0 || publishing_.unanswered(link) > 0) return false;
        known_[index_of(link)].open = false;
        publishing_.down(link);
        actions_.close_link(link);
        return true;
    });
}

void Routing::subscribe(ListenerId listener, std::string channel, Router::Handler confirmed,
                        Clock::time_point now) {
    subscribing_.subscribe(listener, std::move(channel), std::move(confirmed), now);
}

void Routing::unsubscribe(ListenerId listener, std::string_view channel, Clock::time_point now) {
    subscribing_.unsubscribe(listener, channel, now);
}

void Routing::publish(std::string channel, std::string payload, Router::Handler answered,
                      Clock::time_point now) {
    publishing_.publish(std::move(channel), std::move(payload), std::move(answered), now);
}

void Routing::publishing_up(LinkId link) {
    if (known_[index_of(link)].open) publishing_.up(link);
}

void Routing::publishing_down(LinkId link) {
    if (known_[index_of(link)].open) publishing_.down(link);
}

void Routing::answered(LinkId link, const PublishAnswer& answer, Clock::time_point now) {
    if (known_[index_of(link)].open) publishing_.answered(link, answer, now);
}

void Routing::subscribed(LinkId link, std::string_view channel, Clock::time_point now) {
    subscribing_.subscribed(link, channel, now);
}

void Routing::left(LinkId link, std::string_view channel) {
    subscribing_.left(link, channel);
}

void Routing::lost(LinkId link, std::string_view channel) {
    subscribing_.lost(link, channel);
}

void Routing::flush(Clock::time_point now) {
    if (publishing_.wants_flush()) publishing_.flush(now);
    if (!retiring_.empty()) retire();
}

void Routing::tick(Clock::time_point now) {
    subscribing_.tick(now);
    publishing_.tick(now);
}

std::optional<Clock::time_point> Routing::next_deadline() const {
    const auto a = subscribing_.next_deadline();
    const auto b = publishing_.next_deadline();
    if (a && b) return std::min(*a, *b);
    return a ? a : b;
}

void Routing::stop() {
    subscribing_.stop();
    publishing_.stop();
}

}  // namespace ringcast::router
