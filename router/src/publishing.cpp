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
    const LinkId owner = now_->link_of(publication.channel);
    Line& to = line(owner);
    wants_flush_ = true;
    if (past_.empty() && to.held.empty() && may_send(to, now)) {
        to.turn.push_back(std::move(publication));
    } else if (held_bytes_ + publication.bytes() > options_.hold_bytes_max) {
        fail(publication, Errc::hold_full);
    } else {
        hold(std::move(publication));
    }
}

/// One that is due to go again is held whatever the bound says: it was let in before.
void Publishing::hold(Publication publication) {
    held_bytes_ += publication.bytes();
    Line& to = line(now_->link_of(publication.channel));
    const auto sequence = publication.sequence;
    to.held.emplace(sequence, std::move(publication));
}

/// What this turn collected is later than what was refused, and must not go first.
void Publishing::hold_turn(Line& from) {
    for (Publication& one : from.turn) hold(std::move(one));
    from.turn.clear();
}

bool Publishing::may_send(const Line& to, Clock::time_point now) const {
    if (!to.up || to.awaited_view > now_->view || to.not_before > now) return false;
    if (!to.refused.empty()) return false;
    const std::size_t going = to.in_flight_count + to.turn.size();
    if (to.one_at_a_time) {
        return to.in_flight_count == 0 && to.turn.size() < options_.publish_batch_max;
    }
    if (!to.in_flight.empty() && to.in_flight.front().view < now_->view) return false;
    return going < options_.publishes_in_flight_max;
}

bool Publishing::waits_for_former_owner(std::string_view channel, LinkId owner) const {
    return std::ranges::any_of(past_, [&](const Destinations& past) {
        const LinkId former = past.link_of(channel);
        if (former == owner) return false;
        const Line& from = lines_[index_of(former)];
        return !from.refused.empty() ||
               (!from.in_flight.empty() && from.in_flight.front().view <= past.view);
    });
}

void Publishing::release(Line& to, Clock::time_point now) {
    for (auto at = to.held.begin(); at != to.held.end() && may_send(to, now);) {
        if (waits_for_former_owner(at->second.channel, now_->link_of(at->second.channel))) {
            ++at;
            continue;
        }
        held_bytes_ -= at->second.bytes();
        to.turn.push_back(std::move(at->second));
        at = to.held.erase(at);
    }
}

void Publishing::release_all(Clock::time_point now) {
    for (Line& to : lines_) release(to, now);
}

void Publishing::adopt(const Destinations& destinations, Clock::time_point now) {
    assert(!now_ || now_->view < destinations.view);
    if (now_) past_.push_back(std::move(*now_));
    now_ = destinations;
    for (const LinkId link : now_->links) (void)line(link);
    forget_past_views();

    // What has not been sent finds its place anew, in the order of the calls.
    Held unsent;
    for (Line& from : lines_) {
        unsent.merge(from.held);
        for (Publication& one : from.turn) {
            held_bytes_ += one.bytes();
            const auto sequence = one.sequence;
            unsent.emplace(sequence, std::move(one));
        }
        from.turn.clear();
    }
    while (!unsent.empty()) {
        auto one = unsent.extract(unsent.begin());
        Held& held = line(now_->link_of(one.mapped().channel)).held;
        held.insert(held.end(), std::move(one));
    }
    release_all(now);
    wants_flush_ = true;
}

void Publishing::flush(Clock::time_point now) {
    wants_flush_ = false;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        Line& to = lines_[i];
        if (!to.held.empty()) release(to, now);
        if (!to.turn.empty()) send(LinkId{static_cast<std::uint32_t>(i)}, to);
    }
}

void Publishing::send(LinkId link, Line& to) {
    assert(to.up);
    for (auto next = to.turn.begin(); next != to.turn.end();) {
        Batch batch{now_->view, {}};
        if (!spare_.empty()) {
            batch.items = std::move(spare_.back());
            spare_.pop_back();
        }
        std::size_t bytes = 0;
        while (next != to.turn.end() && batch.items.size() < options_.publish_batch_max &&
               (bytes == 0 || bytes + next->bytes() <= batch_bytes_max)) {
            bytes += next->bytes();
            batch.items.push_back(std::move(*next++));
        }
        to.in_flight_count += batch.items.size();
        to.in_flight.push_back(std::move(batch));
        actions_.publish(link, now_->view, to.in_flight.back().items);
    }
    to.turn.clear();
}

void Publishing::up(LinkId link) {
    line(link).up = true;
    wants_flush_ = true;
}

void Publishing::down(LinkId link) {
    Line& from = line(link);
    from.up = false;
    hold_turn(from);

    // Something later than what was refused may have got through: it must not go again.
    if (!from.in_flight.empty()) fail_all(from.refused, Errc::refused);
    while (!from.in_flight.empty()) {
        fail_all(from.in_flight.front().items, Errc::outcome_unknown);
        from.in_flight.pop_front();
    }
    from.in_flight_count = 0;
    drained(from);
}

void Publishing::answered(LinkId link, const PublishAnswer& answer, Clock::time_point now) {
    Line& from = line(link);
    assert(!from.in_flight.empty());
    std::vector<Publication> items = std::move(from.in_flight.front().items);
    from.in_flight.pop_front();
    from.in_flight_count -= items.size();

    switch (answer.kind) {
        case PublishAnswer::Kind::accepted:
            fail_all(from.refused, Errc::refused);  // overtaken
            from.one_at_a_time = false;
            for (Publication& one : items) finish(one);
            break;
        case PublishAnswer::Kind::stale:
            from.awaited_view = std::max(from.awaited_view, answer.view);
            hold_turn(from);
            std::ranges::move(items, std::back_inserter(from.refused));
            break;
        case PublishAnswer::Kind::again:
            from.one_at_a_time = true;
            from.not_before = now + answer.retry_after;
            hold_turn(from);
            std::ranges::move(items, std::back_inserter(from.refused));
            break;
        case PublishAnswer::Kind::unknown:
            fail_all(from.refused, Errc::refused);
            fail_all(items, Errc::outcome_unknown);
            break;
    }
    items.clear();
    if (spare_.size() < spare_max) spare_.push_back(std::move(items));
    if (from.in_flight.empty()) {
        drained(from);
    } else {
        forget_past_views();
        if (!from.held.empty()) wants_flush_ = true;
    }
}

/// Nothing is under way on the line: what was refused is due again, and whoever waited for it.
void Publishing::drained(Line& from) {
    for (Publication& one : from.refused) hold(std::move(one));
    from.refused.clear();
    forget_past_views();
    wants_flush_ = true;
}

void Publishing::forget_past_views() {
    if (past_.empty()) return;
    std::erase_if(past_, [this](const Destinations& past) {
        return std::ranges::none_of(lines_, [&](const Line& line) {
            return !line.refused.empty() ||
                   (!line.in_flight.empty() && line.in_flight.front().view <= past.view);
        });
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
    const bool refuses = to.up && (to.one_at_a_time || to.awaited_view > now_->view);
    return refuses ? Errc::refused : Errc::unreachable;
}

void Publishing::tick(Clock::time_point now) {
    for (Line& to : lines_) {
        while (!to.held.empty()) {
            const auto oldest = to.held.begin();
            if (oldest->second.since + options_.hold_time_max > now) break;
            held_bytes_ -= oldest->second.bytes();
            fail(oldest->second, why_held(to));
            to.held.erase(oldest);
        }
        if (to.not_before <= now) to.not_before = {};
        if (!to.held.empty()) wants_flush_ = true;
    }
}

std::optional<Clock::time_point> Publishing::next_deadline() const {
    std::optional<Clock::time_point> next;
    const auto consider = [&next](Clock::time_point at) {
        if (!next || at < *next) next = at;
    };
    for (const Line& to : lines_) {
        if (to.held.empty()) continue;
        consider(to.held.begin()->second.since + options_.hold_time_max);
        if (to.not_before != Clock::time_point{} && to.in_flight.empty()) consider(to.not_before);
    }
    return next;
}

std::size_t Publishing::held() const noexcept {
    std::size_t count = 0;
    for (const Line& to : lines_) count += to.held.size() + to.refused.size();
    return count;
}

void Publishing::stop() {
    for (Line& to : lines_) {
        for (Batch& batch : to.in_flight) fail_all(batch.items, Errc::stopped);
        for (auto& [sequence, one] : to.held) fail(one, Errc::stopped);
        fail_all(to.refused, Errc::stopped);
        fail_all(to.turn, Errc::stopped);
        to = Line{};
    }
    held_bytes_ = 0;
    now_.reset();
    past_.clear();
}

}  // namespace ringcast::router
