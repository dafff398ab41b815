#include "change_watch.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

namespace ringcast::bench {
namespace {

using namespace std::chrono_literals;

/// History, queue and view are watched apart: what is in none of them at so many looks is gone.
constexpr auto look_every = 500ms;
constexpr int looks_gone_max = 4;

}  // namespace

ChangeWatch::ChangeWatch(membership::Znodes& znodes, membership::Scheduler& scheduler,
                         std::shared_ptr<spdlog::logger> log)
    : znodes_(znodes),
      scheduler_(scheduler),
      log_(std::move(log)),
      view_(znodes, scheduler, std::string(router::paths::view), [this] { view_changed(); }),
      history_(znodes, scheduler, std::string(router::paths::history),
               [this] { history_changed(); }) {}

/// By the clock of histories, which is every scheduler's.
std::int64_t ChangeWatch::now() const {
    return std::chrono::nanoseconds(scheduler_.now().time_since_epoch()).count();
}

void ChangeWatch::begin() {
    phases_.asked = now();
}

void ChangeWatch::asked_as(std::string request) {
    named_ = true;
    request_ = std::move(request);
    history_changed();  // it may have been faster than its name
    if (request_.empty()) return;
    requests_.emplace(znodes_, scheduler_, std::string(router::paths::requests), "r-", [] {});
    look_whether_it_is_gone();
}

void ChangeWatch::look_whether_it_is_gone() {
    if (phases_.done != 0) return;
    using Item = membership::QueueConsumer::Item;
    const bool queued = !requests_->complete() ||
                        std::ranges::count(requests_->items(), request_, &Item::name) != 0;
    const bool begun = record_ && record_->request == request_;
    looks_gone_ = queued || begun ? 0 : looks_gone_ + 1;
    if (looks_gone_ == looks_gone_max) return refuse("it was taken back before it began");
    next_look_ = scheduler_.after(look_every, [this] { look_whether_it_is_gone(); });
}

void ChangeWatch::refuse(std::string reason) {
    phases_.refused = std::move(reason);
}

Fate ChangeWatch::fate() const {
    if (phases_.asked == 0) return {};
    if (!phases_.refused.empty()) return {Fate::Stage::refused, request_, entry_, {}};
    if (!named_) return {Fate::Stage::unsure, {}, {}, {}};
    return {phases_.done != 0 ? Fate::Stage::done : Fate::Stage::asked, request_, entry_, {}};
}

void ChangeWatch::view_changed() {
    if (!view_.value()) return;
    auto record = router::decode_view_record(view_.value()->data);
    if (!record) {
        log_->error("the view cannot be read: {}", record.error().message());
        return;
    }
    const bool changes = phases_.asked != 0;
    const bool later = record_ && record->in_force.number > record_->in_force.number;
    if (changes && record->proposal) {
        if (phases_.prepare == 0) phases_.prepare = now();
        if (record->proposal->stage == router::Stage::fence && phases_.fence == 0) {
            phases_.fence = now();
        }
    }
    if (changes && later && phases_.in_force == 0) phases_.in_force = now();
    record_ = std::move(*record);
}

void ChangeWatch::history_changed() {
    if (phases_.asked == 0 || phases_.done != 0 || !named_) return;
    for (const auto& [name, entry] : history_.entries()) {
        const auto told = router::parse_history_entry(entry.data);
        const bool ours =
            told && (request_.empty() ? told->what == "death" : told->request == request_);
        if (!ours) continue;
        entry_ = name;
        phases_.done = now();
        phases_.took = std::chrono::milliseconds(told->took_ms);
        if (!told->done) phases_.refused = told->reason;
        if (told->steps != 0) fill_in(told->phases);
    }
}

/// A watch may miss a state that lasts some milliseconds: then the coordinator's own times count.
/// What was seen late bounds them: no phase begins before the one that comes first.
void ChangeWatch::fill_in(const router::HistoryEntry::Phases& told) {
    constexpr std::int64_t ms = 1'000'000;
    if (phases_.in_force == 0) {
        phases_.in_force =
            std::max({phases_.prepare, phases_.fence, phases_.done - told.leave_ms * ms});
    }
    if (phases_.fence == 0) {
        phases_.fence = std::max(phases_.prepare, phases_.in_force - told.fence_ms * ms);
    }
    if (phases_.prepare == 0) phases_.prepare = phases_.fence - told.prepare_ms * ms;
}

}  // namespace ringcast::bench
