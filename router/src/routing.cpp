#include "routing.hpp"

#include <algorithm>
#include <utility>

namespace ringcast::router {
namespace {

using namespace std::chrono_literals;

/// A node often hears of a view before ZooKeeper's word is here.
constexpr auto patience_with_zookeeper = 100ms;
constexpr auto ask_again_after = 1'000ms;
/// All that know are asked within that time, unless they are many.
constexpr auto ask_next_after = 50ms;
/// It is asked for again and again; what depends on it does not wait longer.
constexpr auto patience_with_nodes = 2'500ms;

}  // namespace

void Routing::InTurns::add(LinkId link) {
    if (std::ranges::find(links_, link) == links_.end()) links_.push_back(link);
}

void Routing::InTurns::add_first(LinkId link) {
    std::erase(links_, link);
    links_.insert(links_.begin(), link);
}

LinkId Routing::InTurns::next() {
    std::ranges::rotate(links_, links_.begin() + 1);
    return links_.back();
}

Clock::duration Routing::InTurns::pause() const {
    return std::max<Clock::duration>(ask_again_after / static_cast<int>(links_.size()),
                                     ask_next_after);
}

Routing::Routing(const RouterOptions& options, RoutingActions& actions)
    : actions_(actions), subscribing_(options, actions), publishing_(options, actions) {}

bool Routing::follow(const ViewRecord& record, Clock::time_point now, Source source) {
    const View& view = record.in_force;
    if (destinations_) {
        if (view.number < destinations_->view) return false;
        if (view.ring.seed() != destinations_->ring.seed()) return false;
    }
    read_ = std::max(read_, stamp_of(record));
    const auto before = destinations_ ? std::optional(destinations_->view) : std::nullopt;
    if (handoff_) count_acknowledgement(record);
    if (handoff_ && !handoff_->committed) {
        const ViewNumber next = handoff_->next.view;
        const bool prepared = view.number == next && view.ring == handoff_->next.ring;
        if (prepared || record.previous == next) {
            commit(now);
        } else if (view.number == before && record.last >= next) {
            abort();
        }
    }
    if (!destinations_ || view.number > destinations_->view) jump(record, now);

    const bool decided = record.proposal && record.proposal->stage == Stage::fence;
    if (source == Source::znode || decided) proposal_ = record.proposal;
    if (handoff_ && proposal_ && proposal_->next.number == handoff_->next.view) proposal_.reset();
    if (proposal_ && proposal_->next.ring.seed() != destinations_->ring.seed()) proposal_.reset();
    // A node's record may be of a later view than the proposal that waits here for its turn.
    if (proposal_ && proposal_->next.number <= latest()) proposal_.reset();
    if (behind_ && behind_->view <= latest()) behind_.reset();
    if (behind_ && !behind_->refused && behind_->view <= read_) behind_.reset();
    advance(now);
    return destinations_->view != before;
}

/// Whether the coordinator waited for this gateway, or went on without it.
void Routing::count_acknowledgement(const ViewRecord& record) {
    const ViewNumber next = handoff_->next.view;
    const bool fences = record.proposal && record.proposal->next.number == next &&
                        record.proposal->stage == Stage::fence;
    if (!fences && record.in_force.number != next) return;
    handoff_->late = !handoff_->acknowledged;
    if (!handoff_->acknowledged || handoff_->counted) return;
    count_as(std::ranges::any_of(handoff_->entries, [&](const std::string& entry) {
        return std::ranges::find(record.acknowledged, entry) != record.acknowledged.end();
    }));
}

void Routing::count_as(bool in_time) {
    handoff_->counted = true;
    handoff_->ask_at = handoff_->count_by = Clock::time_point::max();
    if (!in_time) subscribing_.acknowledged_too_late();
    for (const LinkId link : std::exchange(handoff_->uncounted_fences, {})) {
        subscribing_.fenced(link);
    }
}

bool Routing::only_forward() const {
    return subscribing_.only_forward() || !handoff_->uncounted_fences.empty();
}

/// To a view that was not prepared.
void Routing::jump(const ViewRecord& record, Clock::time_point now) {
    auto known = destinations_ ? destinations_->view : record.previous;
    if (handoff_) {
        if (only_forward()) known = handoff_->next.view;
        if (!handoff_->uncounted_fences.empty()) count_as(false);  // nobody will tell any more
        subscribing_.finish_handoff(now);
        handoff_.reset();
    }
    destinations_ = destinations_of(record.in_force);
    publishing_.adopt(*destinations_);
    subscribing_.adopt(*destinations_, record.previous != known);
    end_handoff();
}

void Routing::begin(Clock::time_point now) {
    const ViewRecord::Proposal proposal = *std::exchange(proposal_, std::nullopt);
    handoff_.emplace(Handoff{destinations_of(proposal.next), {}, proposal.stage == Stage::fence});
    if (!entry_.empty()) handoff_->entries.push_back(entry_);
    std::erase_if(retiring_, [this](LinkId link) {  // needed again
        return std::ranges::find(handoff_->next.links, link) != handoff_->next.links.end();
    });
    publishing_.prepare(handoff_->next);
    subscribing_.prepare(handoff_->next, proposal.rate, now);
    repeat_fences(now);
}

void Routing::commit(Clock::time_point now) {
    handoff_->committed = true;
    destinations_ = handoff_->next;
    publishing_.commit();
    subscribing_.commit(now);
    repeat_fences(now);
}

/// What was heard when it said nothing about the handoff yet.
void Routing::repeat_fences(Clock::time_point now) {
    for (std::size_t i = 0; i < known_.size(); ++i) {
        if (known_[i].open) fenced(LinkId{static_cast<std::uint32_t>(i)}, known_[i].fence, now);
    }
}

void Routing::abort() {
    if (only_forward()) return;  // the record is older than the fence
    publishing_.abort();
    subscribing_.abort();
    end_handoff();
}

/// What only the handoff needed can go.
void Routing::end_handoff() {
    handoff_.reset();
    retiring_.clear();
    for (std::size_t i = 0; i < known_.size(); ++i) {
        const LinkId link{static_cast<std::uint32_t>(i)};
        const auto& used = destinations_->links;
        if (known_[i].open && std::ranges::find(used, link) == used.end())
            retiring_.push_back(link);
    }
}

/// What may have become possible: to acknowledge, to be done, to begin the next.
void Routing::advance(Clock::time_point now) {
    if (handoff_ && !handoff_->acknowledged && !handoff_->late && !entry_.empty() &&
        subscribing_.prepared() && publishing_.prepared()) {
        handoff_->acknowledged = true;
        subscribing_.acknowledged();
        actions_.acknowledge(handoff_->next.view, Acknowledgement::prepare);
    }
    if (handoff_ && handoff_->committed && subscribing_.settled()) {
        actions_.acknowledge(handoff_->next.view, Acknowledgement::leave);
        end_handoff();
    }
    if (proposal_ && !handoff_ && subscribing_.settled()) begin(now);
    subscribing_.recall();
}

void Routing::announced_as(std::string entry) {
    if (entry == entry_) return;
    entry_ = std::move(entry);
    if (!handoff_) return;
    handoff_->entries.push_back(entry_);
    if (handoff_->acknowledged) {
        actions_.acknowledge(handoff_->next.view, Acknowledgement::prepare);
    }
}

void Routing::fenced(LinkId link, ViewNumber view, Clock::time_point now) {
    Known& known = known_[index_of(link)];
    known.fence = std::max(known.fence, view);
    if (!handoff_ || view < handoff_->next.view) return;
    // A later one tells as much, but not that ours was not dropped.
    if (view > handoff_->next.view && !handoff_->committed) return;
    if (!handoff_->acknowledged) handoff_->late = true;
    publishing_.fenced(link);
    if (!handoff_->acknowledged || handoff_->counted) return subscribing_.fenced(link);
    // Nobody may have waited for this gateway, and something gone past it at the next owners: what
    // they say is kept until the record tells, or the gap would come after it.
    if (handoff_->uncounted_fences.empty()) {
        handoff_->ask_at = now + patience_with_zookeeper;
        handoff_->count_by = now + patience_with_nodes;
    }
    handoff_->fenced.add(link);
    handoff_->uncounted_fences.push_back(link);
}

void Routing::view_heard(LinkId link, ViewNumber view, Clock::time_point now) {
    if (view > read_) fall_behind(link, view, false, now);
}

/// A record can bear a higher number than its view, so one that was read says nothing of a view
/// that a node refuses publishes for.
void Routing::fall_behind(LinkId link, ViewNumber view, bool refused, Clock::time_point now) {
    if (!known_[index_of(link)].open || !destinations_ || view <= latest()) return;
    if (behind_ && behind_->view >= view) return behind_->who_knows.add(link);
    if (!behind_) behind_ = Behind{.give_up_at = now + patience_with_nodes};
    behind_->view = view;
    behind_->who_knows.add_first(link);
    behind_->refused = refused;
    behind_->ask_at = now + patience_with_zookeeper;
}

ViewNumber Routing::latest() const {
    return handoff_ ? handoff_->next.view : destinations_->view;
}

Destinations Routing::destinations_of(const View& view) {
    Destinations destinations{view.number, view.ring, {}};
    const auto& members = view.ring.members();
    for (std::size_t i = 0; i < members.size(); ++i) {
        destinations.links.push_back(link_to(members[i].id, view.addresses[i]));
    }
    return destinations;
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
    if (!known_[index_of(link)].open) return;
    publishing_.answered(link, answer, now);
    if (answer.kind == PublishAnswer::Kind::stale) fall_behind(link, answer.view, true, now);
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
    if (handoff_ || proposal_) advance(now);
    if (publishing_.wants_flush()) publishing_.flush(now);
    if (!retiring_.empty()) retire();
}

void Routing::tick(Clock::time_point now) {
    subscribing_.tick(now);
    publishing_.tick(now);
    if (handoff_ && handoff_->ask_at <= now) {
        handoff_->ask_at = now + handoff_->fenced.pause();
        actions_.read_view(handoff_->fenced.next());
    }
    if (handoff_ && handoff_->count_by <= now) count_as(false);
    if (behind_ && behind_->give_up_at <= now) {
        behind_->give_up_at = now + patience_with_nodes;
        subscribing_.give_up_unplaced();
    }
    if (behind_ && behind_->ask_at <= now) {
        behind_->ask_at = now + behind_->who_knows.pause();
        actions_.read_view(behind_->who_knows.next());
    }
}

std::optional<Clock::time_point> Routing::next_deadline() const {
    std::optional<Clock::time_point> next = subscribing_.next_deadline();
    const auto consider = [&next](std::optional<Clock::time_point> at) {
        if (at && (!next || *at < *next)) next = at;
    };
    consider(publishing_.next_deadline());
    if (behind_) consider(std::min(behind_->ask_at, behind_->give_up_at));
    for (const auto at : {handoff_ ? handoff_->ask_at : Clock::time_point::max(),
                          handoff_ ? handoff_->count_by : Clock::time_point::max()}) {
        if (at != Clock::time_point::max()) consider(at);
    }
    return next;
}

std::optional<HandoffStatus> Routing::handoff() const {
    if (!handoff_) return std::nullopt;
    const auto progress = subscribing_.progress();
    const char* stage = handoff_->committed      ? "leave"
                        : handoff_->acknowledged ? "fence"
                                                 : "prepare";
    return HandoffStatus{handoff_->next.view, stage,         progress.moving,     progress.prepared,
                         progress.switched,   progress.left, progress.early_bytes};
}

void Routing::stop() {
    subscribing_.stop();
    publishing_.stop();
}

}  // namespace ringcast::router
