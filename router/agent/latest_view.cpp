#include "latest_view.hpp"

#include "ringcast/membership/errc.hpp"
#include "ringcast/router/entries.hpp"

#include <system_error>
#include <utility>

namespace ringcast::router {

LatestView::LatestView(membership::Znodes& znodes, membership::Scheduler& scheduler, std::string id,
                       Address address, Tell tell, std::function<void()> unreadable)
    : znodes_(znodes),
      id_(std::move(id)),
      address_(std::move(address)),
      tell_(std::move(tell)),
      unreadable_(std::move(unreadable)),
      view_(znodes, scheduler, std::string(paths::view), [this] { changed(); }) {}

/// A server of ZooKeeper may lag behind; one that has answered a write has caught up, even if the
/// write was vain.
void LatestView::ask(Time asked) {
    const std::weak_ptr alive(alive_);
    znodes_.create(std::string(paths::nodes), "", membership::Mode::persistent,
                   [this, alive, asked](std::error_code error, const std::string&) {
                       if (alive.expired()) return;
                       if (error && error != membership::Errc::node_exists) return;
                       znodes_.exists(
                           std::string(paths::view), {},
                           [this, alive, asked](std::error_code failed,
                                                const std::optional<membership::Stat>& stat) {
                               if (alive.expired() || failed) return;
                               confirm(asked, stat ? stat->modified : 0);
                           });
                   });
}

void LatestView::learn(ViewRecord record) {
    record_ = std::move(record);
    const auto known = view_known(*record_, id_, address_);
    stamp_ = known.stamp;
    tell_(known);
}

std::map<std::string, Address> LatestView::voters() const {
    std::map<std::string, Address> voters;
    if (!record_) return voters;
    const auto add = [&voters](const View& view) {
        for (ring::MemberIndex i = 0; i != view.addresses.size(); ++i) {
            voters.emplace(view.ring.members()[i].id, view.address_of(i));
        }
    };
    add(record_->in_force);
    const auto& proposal = record_->proposal;
    if (proposal && proposal->stage == Stage::fence) add(proposal->next);
    for (const auto& removal : record_->removals) voters.erase(removal.member);
    return voters;
}

/// That was the last write of the view, or none was. What is known may be older still.
void LatestView::confirm(Time asked, std::int64_t modified) {
    if (known_ == modified) return tell_(agent_event::ViewConfirmed{asked});
    pending_ = Pending{asked, modified};
}

void LatestView::changed() {
    const auto& value = view_.value();
    if (!value || value->data.empty()) {
        record_.reset();
        stamp_ = {};
        known_ = value ? value->modified : 0;
        tell_(agent_event::ViewKnown{});
    } else {
        auto record = decode_view_record(value->data);
        if (!record) return unreadable_();
        known_ = value->modified;
        learn(*std::move(record));
    }
    if (!pending_ || *known_ < pending_->modified) return;
    tell_(agent_event::ViewConfirmed{std::exchange(pending_, std::nullopt)->asked});
}

}  // namespace ringcast::router
