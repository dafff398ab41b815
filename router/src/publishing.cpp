#include "publishing.hpp"

#include "node_keys.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

namespace ringcast::router {
namespace {

/// One call of the script carries no more than this, unless a single publish is larger: the node
/// serves nobody else meanwhile.
constexpr std::size_t batch_bytes_max = 256U << 10U;

/// What a subscriber receives besides channel and payload stays below this.
constexpr std::size_t framing_bytes = 128;

/// Emptied batches that are kept: as many as a busy turn takes.
constexpr std::size_t spare_max = 64;

}  // namespace

Publishing::Line& Publishing::line(LinkId link) {
    while (lines_.size() <= index_of(link)) lines_.emplace_back();
    return lines_[index_of(link)];
}

void Publishing::publish(std::string channel, std::string payload, Router::Handler answered,
                         Clock::time_point now) {
    payload.insert(0, 1, node_keys::publication_kind);
    Publication publication{std::move(channel), std::move(payload), std::move(answered),
                            ++last_sequence_, now};
    if (!now_) return fail(publication, Errc::no_view);
    if (publication.bytes() + framing_bytes > options_.node.reply_bytes_max) {
        return fail(publication, Errc::too_large);
    }
    const Route route = route_of(publication.channel);
    Line& to = line(route.link);
    wants_flush_ = true;
    if (held_for(to, route).empty() && may_send(to, now) &&
        !waits_for_answer(to, publication.channel, route) &&
        !waits_for_former_owner(publication.channel, route)) {
        (route.by_former ? to.turn_by_former : to.turn).push_back(std::move(publication));
    } else if (held_bytes_ + publication.bytes() > options_.hold_bytes_max) {
        fail(publication, Errc::hold_full);
    } else {
        hold(std::move(publication));
    }
}

Publishing::Route Publishing::route_of(std::string_view channel) const {
    if (!next_) return {now_->link_of(channel)};
    const LinkId from = now_->link_of(channel);
    const LinkId to = next_->link_of(channel);
    if (from == to) return {to};
    if (lines_[index_of(from)].fenced) return {.link = to, .former = from};
    return {.link = from, .by_former = true};
}

/// One that is due to go again is held whatever the bound says: it was let in before.
void Publishing::hold(Publication publication) {
    held_bytes_ += publication.bytes();
    const Route route = route_of(publication.channel);
    const auto sequence = publication.sequence;
    if (route.former != no_link) publication.fenced = true;
    held_for(line(route.link), route).emplace(sequence, std::move(publication));
}

void Publishing::hold_all(std::vector<Publication>& publications) {
    for (Publication& one : publications) hold(std::move(one));
    publications.clear();
    wants_flush_ = true;
}

bool Publishing::may_send(const Line& to, Clock::time_point now) const {
    if (!to.up || to.awaited_view > latest() || to.not_before > now) return false;
    if (!to.refused.empty()) return false;
    const std::size_t collected = to.turn.size() + to.turn_by_former.size();
    if (to.one_at_a_time) {
        return to.in_flight_count == 0 && collected < options_.publish_batch_max;
    }
    return to.in_flight_count + collected < options_.publishes_in_flight_max;
}

/// Whether it could overtake one of its channel that went by an earlier view, and was refused by a
/// fence or may be yet.
bool Publishing::waits_for_answer(const Line& to, std::string_view channel, const Route& route) {
    if (to.displaced_stay) return true;
    if ((route.by_former ? to.outdated : to.untagged) == 0) return false;
    return to.untagged_channels.contains(std::hash<std::string_view>{}(channel));
}

/// Whether something sent there by a view before that one may still be refused.
bool Publishing::owes(const Line& from, ViewNumber before) {
    if (!from.refused.empty() || !from.displaced.empty()) return true;
    return std::ranges::any_of(from.in_flight_by_view,
                               [before](const auto& sent) { return sent.first < before; });
}

bool Publishing::waits_for_former_owner(std::string_view channel, const Route& route) const {
    if (route.former != no_link && owes(lines_[index_of(route.former)], next_->view)) return true;
    return std::ranges::any_of(past_, [&](const Past& past) {
        const LinkId former = past.destinations.link_of(channel);
        return former != route.link && owes(lines_[index_of(former)], successor(past.until));
    });
}

void Publishing::release(Line& to, Held& held, Clock::time_point now) {
    for (auto at = held.begin(); at != held.end();) {
        if (!may_send(to, now)) return;
        const std::string_view channel = at->second.channel;
        const Route route = route_of(channel);
        if (waits_for_answer(to, channel, route) || waits_for_former_owner(channel, route)) {
            ++at;
            continue;
        }
        held_bytes_ -= at->second.bytes();
        (route.by_former ? to.turn_by_former : to.turn).push_back(std::move(at->second));
        at = held.erase(at);
    }
}

void Publishing::adopt(const Destinations& destinations) {
    assert(!now_ || now_->view < destinations.view);
    leave_behind(now_, now_until_);
    leave_behind(next_, {});
    now_ = destinations;
    now_until_ = {};
    for (const LinkId link : now_->links) (void)line(link);
    for (Line& one : lines_) {
        tag_anew(one);
        one.outdated = one.untagged;
    }
    forget_past_views();
    place_all_anew();
}

void Publishing::prepare(const Destinations& next) {
    assert(now_ && !next_ && now_->view < next.view);
    next_ = next;
    for (const LinkId link : next_->links) (void)line(link);
    for (Line& one : lines_) {
        tag_anew(one);
        one.fenced = false;
    }
    place_all_anew();
}

/// From here on publishes go by another number than all that is in flight.
void Publishing::tag_anew(Line& to) {
    to.untagged = to.in_flight.size();
    to.untagged_channels.clear();
    for (const Batch& batch : to.in_flight) {
        for (const Publication& one : batch.items) {
            to.untagged_channels.insert(std::hash<std::string_view>{}(one.channel));
        }
    }
}

bool Publishing::prepared() const {
    return std::ranges::all_of(lines_, [](const Line& one) { return one.untagged == 0; });
}

void Publishing::fenced(LinkId link) {
    if (!next_ || line(link).fenced) return;
    Line& from = line(link);
    from.fenced = true;
    look_what_stays();
    Held unsent;
    take_unsent(from, unsent);
    place(std::move(unsent));
}

void Publishing::commit() {
    assert(next_);
    leave_behind(now_, now_until_);
    now_ = std::exchange(next_, std::nullopt);
    now_until_ = {};
    for (Line& one : lines_) one.outdated = one.untagged;
    forget_past_views();
    place_all_anew();
}

void Publishing::abort() {
    assert(next_);
    now_until_ = next_->view;
    next_.reset();
    for (Line& one : lines_) one.untagged = one.outdated;
    place_all_anew();
}

void Publishing::take_unsent(Line& from, Held& unsent) {
    unsent.merge(from.held);
    unsent.merge(from.arriving);
    for (std::vector<Publication>* turn : {&from.turn, &from.turn_by_former}) {
        for (Publication& one : *turn) {
            held_bytes_ += one.bytes();
            const auto sequence = one.sequence;
            unsent.emplace(sequence, std::move(one));
        }
        turn->clear();
    }
}

/// What has not been sent finds its place, in the order of the calls.
void Publishing::place(Held unsent) {
    while (!unsent.empty()) {
        auto one = unsent.extract(unsent.begin());
        const Route route = route_of(one.mapped().channel);
        Held& held = held_for(line(route.link), route);
        if (route.former != no_link) one.mapped().fenced = true;
        held.insert(held.end(), std::move(one));
    }
    wants_flush_ = true;
}

bool Publishing::any_stays(LinkId link, const std::vector<Publication>& displaced) const {
    return std::ranges::any_of(displaced, [&](const Publication& one) {
        return route_of(one.channel).link == link;
    });
}

/// A channel that comes back to where something of it is displaced waits for that again.
void Publishing::look_what_stays() {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        const LinkId link{static_cast<std::uint32_t>(i)};
        lines_[i].displaced_stay = any_stays(link, lines_[i].displaced);
    }
}

void Publishing::place_all_anew() {
    look_what_stays();
    Held unsent;
    for (Line& from : lines_) take_unsent(from, unsent);
    place(std::move(unsent));
}

void Publishing::flush(Clock::time_point now) {
    wants_flush_ = false;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        const LinkId link{static_cast<std::uint32_t>(i)};
        Line& to = lines_[i];
        if (!to.held.empty()) release(to, to.held, now);
        if (!to.arriving.empty()) release(to, to.arriving, now);
        if (!to.turn_by_former.empty()) send(link, to, now_->view, to.turn_by_former, now);
        if (!to.turn.empty()) send(link, to, latest(), to.turn, now);
    }
}

void Publishing::send(LinkId link, Line& to, ViewNumber view, std::vector<Publication>& turn,
                      Clock::time_point now) {
    assert(to.up);
    for (auto next = turn.begin(); next != turn.end();) {
        Batch batch{view, {}};
        if (!spare_.empty()) {
            batch.items = std::move(spare_.back());
            spare_.pop_back();
        }
        std::size_t bytes = 0;
        while (next != turn.end() && batch.items.size() < options_.publish_batch_max &&
               (bytes == 0 || bytes + next->bytes() <= batch_bytes_max)) {
            bytes += next->bytes();
            next->view = view;
            if (std::exchange(next->fenced, false)) holds_.add(now - next->since);
            batch.items.push_back(std::move(*next++));
        }
        to.in_flight_count += batch.items.size();
        const auto count = std::ranges::find(to.in_flight_by_view, view,
                                             &std::pair<ViewNumber, std::size_t>::first);
        if (count == to.in_flight_by_view.end()) {
            to.in_flight_by_view.emplace_back(view, 1);
        } else {
            ++count->second;
        }
        to.in_flight.push_back(std::move(batch));
        actions_.publish(link, view, to.in_flight.back().items);
    }
    turn.clear();
}

void Publishing::up(LinkId link) {
    line(link).up = true;
    wants_flush_ = true;
}

void Publishing::down(LinkId link) {
    Line& from = line(link);
    from.up = false;
    hold_all(from.turn);
    hold_all(from.turn_by_former);

    // Something later than what was refused may have got through: it must not go again. A fence
    // lets nothing through.
    if (!from.in_flight.empty()) fail_all(from.refused, Errc::refused);
    while (!from.in_flight.empty()) {
        fail_all(from.in_flight.front().items, Errc::outcome_unknown);
        from.in_flight.pop_front();
    }
    from.in_flight_count = 0;
    from.in_flight_by_view.clear();
    from.untagged = from.outdated = 0;
    settle(from);
}

void Publishing::answered(LinkId link, const PublishAnswer& answer, Clock::time_point now) {
    Line& from = line(link);
    assert(!from.in_flight.empty());
    const ViewNumber sent_by = from.in_flight.front().view;
    std::vector<Publication> items = std::move(from.in_flight.front().items);
    from.in_flight.pop_front();
    from.in_flight_count -= items.size();
    std::erase_if(from.in_flight_by_view,
                  [&](auto& sent) { return sent.first == sent_by && --sent.second == 0; });
    if (from.untagged > 0) --from.untagged;
    if (from.outdated > 0) --from.outdated;

    // What was refused, and sent by the same view: the same channels. What stayed in a handoff that
    // was dropped went by another number.
    const auto is_overtaken = [&](const Publication& one) {
        return one.view == sent_by || std::ranges::any_of(items, [&](const Publication& later) {
                   return later.channel == one.channel;
               });
    };
    const auto overtake = [&] {
        for (Publication& one : from.refused) {
            if (is_overtaken(one)) fail(one, Errc::refused);
        }
        std::erase_if(from.refused, is_overtaken);
    };
    switch (answer.kind) {
        case PublishAnswer::Kind::accepted:
            overtake();
            from.one_at_a_time = false;
            for (Publication& one : items) finish(one);
            break;
        case PublishAnswer::Kind::stale:
            if (answer.view > latest()) {
                from.awaited_view = std::max(from.awaited_view, answer.view);
                hold_all(from.turn);
                hold_all(from.turn_by_former);
                std::ranges::move(items, std::back_inserter(from.refused));
            } else {
                if (next_ && answer.view == next_->view) fenced(link);
                from.displaced_by = std::max(from.displaced_by, answer.view);
                displaced_ += items.size();
                from.displaced_stay |= any_stays(link, items);
                std::ranges::move(items, std::back_inserter(from.displaced));
            }
            break;
        case PublishAnswer::Kind::again:
            from.one_at_a_time = true;
            from.not_before = now + answer.retry_after;
            hold_all(from.turn);
            hold_all(from.turn_by_former);
            std::ranges::move(items, std::back_inserter(from.refused));
            break;
        case PublishAnswer::Kind::unknown:
            overtake();
            fail_all(items, Errc::outcome_unknown);
            break;
    }
    items.clear();
    if (spare_.size() < spare_max) spare_.push_back(std::move(items));
    settle(from);
    if (!from.held.empty() || !from.arriving.empty()) wants_flush_ = true;
}

/// What was refused is due again as soon as nothing under way could come before it; and whoever
/// waited for that.
void Publishing::settle(Line& from) {
    const bool answered_before_fence = std::ranges::none_of(
        from.in_flight_by_view, [&](const auto& sent) { return sent.first < from.displaced_by; });
    if (answered_before_fence) {
        from.displaced_stay = false;
        hold_all(from.displaced);
    }
    if (from.in_flight.empty()) hold_all(from.refused);
    if (!past_.empty()) forget_past_views();
    if (next_ && from.fenced) wants_flush_ = true;
}

void Publishing::leave_behind(std::optional<Destinations>& destinations, ViewNumber until) {
    if (!destinations) return;
    until = std::max(until, destinations->view);
    past_.push_back({*std::exchange(destinations, std::nullopt), until});
}

void Publishing::forget_past_views() {
    std::erase_if(past_, [this](const Past& past) {
        return std::ranges::none_of(
            lines_, [&](const Line& line) { return owes(line, successor(past.until)); });
    });
    wants_flush_ = true;
}

void Publishing::finish(Publication& publication) {
    ++published_;
    actions_.published(std::move(publication.answered), {});
}

void Publishing::fail(Publication& publication, Errc why) {
    ++failed_[static_cast<std::size_t>(why)];
    actions_.published(std::move(publication.answered), why);
}

void Publishing::fail_all(std::vector<Publication>& publications, Errc why) {
    for (Publication& one : publications) fail(one, why);
    publications.clear();
}

Errc Publishing::why_held(const Line& to) const {
    const bool refuses = to.up && (to.one_at_a_time || to.awaited_view > latest());
    return refuses ? Errc::refused : Errc::unreachable;
}

void Publishing::expire(Line& to, Held& held, Clock::time_point now) {
    while (!held.empty()) {
        const auto oldest = held.begin();
        if (oldest->second.since + options_.hold_time_max > now) break;
        held_bytes_ -= oldest->second.bytes();
        fail(oldest->second, why_held(to));
        held.erase(oldest);
    }
    if (!held.empty()) wants_flush_ = true;
}

void Publishing::tick(Clock::time_point now) {
    for (Line& to : lines_) {
        if (to.not_before <= now) to.not_before = {};
        expire(to, to.held, now);
        expire(to, to.arriving, now);
    }
}

std::optional<Clock::time_point> Publishing::next_deadline() const {
    std::optional<Clock::time_point> next;
    const auto consider = [&next](Clock::time_point at) {
        if (!next || at < *next) next = at;
    };
    for (const Line& to : lines_) {
        for (const Held* held : {&to.held, &to.arriving}) {
            if (!held->empty()) consider(held->begin()->second.since + options_.hold_time_max);
        }
        const bool waits = !to.held.empty() || !to.arriving.empty();
        if (waits && to.not_before != Clock::time_point{} && to.in_flight.empty()) {
            consider(to.not_before);
        }
    }
    return next;
}

std::size_t Publishing::held() const noexcept {
    std::size_t count = 0;
    for (const Line& to : lines_) {
        count += to.held.size() + to.arriving.size() + to.refused.size() + to.displaced.size();
    }
    return count;
}

void Publishing::stop() {
    for (Line& to : lines_) {
        for (Batch& batch : to.in_flight) fail_all(batch.items, Errc::stopped);
        for (Held* held : {&to.held, &to.arriving}) {
            for (auto& [sequence, one] : *held) fail(one, Errc::stopped);
        }
        for (auto* waiting : {&to.refused, &to.displaced, &to.turn, &to.turn_by_former}) {
            fail_all(*waiting, Errc::stopped);
        }
        to = Line{};
    }
    held_bytes_ = 0;
    now_.reset();
    next_.reset();
    past_.clear();
}

}  // namespace ringcast::router
