#include "expectations.hpp"

#include "coordination_past.hpp"
#include "messages.hpp"
#include "ringcast/router/plan.hpp"
#include "world.hpp"

#include <algorithm>
#include <utility>

namespace ringcast::simulation {

using membership::SessionState;
using router::HistoryEntry;
using router::Stage;
using router::ViewNumber;
using router::ViewRecord;

namespace {

/// Of looks, 50 ms apart.
constexpr unsigned steady_looks = 12;
constexpr unsigned learning_looks = 40;
/// Entries vanish at the ensemble first, and wherever they are watched a little later.
constexpr auto rumour = 250ms;
/// Who answers though its entry is gone is asked again a second later, and may let that time out.
constexpr auto asked_again = 1'200ms;
constexpr auto gone_for_good = 500ms;
constexpr auto slack = 300ms;
constexpr unsigned share_max = 50;  // percent of the members, as coordinators are configured
constexpr auto grace = 150ms;       // likewise

bool is_well(SimulatedGateway& gateway) {
    return gateway.alive() && !gateway.process().frozen() &&
           gateway.znodes().session().state == SessionState::connected;
}

/// History is numbered at the end of the name.
std::string_view number_in(std::string_view name) {
    constexpr std::size_t digits = 10;
    return name.substr(name.size() - std::min(digits, name.size()));
}

/// The view that was in force when the node was last told.
ViewNumber in_force_at(SimulatedNode& node) {
    const auto record = router::decode_view_record(node.redis().record());
    return record ? record->in_force.number : ViewNumber{};
}

}  // namespace

Expectations::Expectations(World& world, membership::InProcessEnsemble& ensemble)
    : world_(world), peek_(ensemble) {}

void Expectations::object(std::string text) {
    if (!objection_.empty()) return;
    world_.note("against expectation: " + text);
    objection_ = std::move(text);
}

router::ClusterSettings Expectations::settings() {
    const auto data = peek_.data(router::paths::config);
    if (data) settings_ = router::parse_settings(*data).value_or(settings_);
    return settings_;
}

bool Expectations::has_moved(const std::string& member) const {
    return std::ranges::count_if(world_.nodes,
                                 [&](const auto& node) { return node->id() == member; }) > 1;
}

/// It has led for a while, and nothing keeps news from it.
bool Expectations::steady(const SimulatedGateway& coordinator) const {
    return leader_ == &coordinator && led_ >= steady_looks;
}

/// Who owns arcs: a newcomer does when old owners are being fenced, for then there is no way back.
Expectations::Names Expectations::members() const {
    const auto& record = *world_.record();
    std::set<std::string> members;
    const auto add = [&members](const router::View& view) {
        for (const auto& member : view.ring.members()) members.insert(member.id);
    };
    add(record.in_force);
    if (record.proposal && record.proposal->stage == Stage::fence) add(record.proposal->next);
    return {members.begin(), members.end()};
}

/// Members without an entry for longer than a rumour takes: whose Redis has ended, as far as who
/// leads could know, or lives.
std::size_t Expectations::gone(bool alive) const {
    const auto now = world_.scheduler.now();
    return static_cast<std::size_t>(std::ranges::count_if(absent_, [&](const auto& one) {
        const auto& [member, since] = one;
        const auto node =
            std::ranges::find(world_.nodes, member, [](const auto& it) { return it->id(); });
        if (now - since <= rumour || (*node)->running() != alive || has_moved(member)) return false;
        return alive || !has_answered(**node, since);
    }));
}

/// To who leads, since then, and no longer ago than until it asks again.
bool Expectations::has_answered(const SimulatedNode& node, Time since) const {
    const auto* const probes = leader_->probes_of(node.address());
    if (probes == nullptr || probes->failed > 0) return false;
    return probes->last >= since && world_.scheduler.now() - probes->last < asked_again;
}

void Expectations::writes(SimulatedGateway& coordinator, Step step, const ViewRecord& record) {
    const auto& before = world_.record();
    if (!before) return;
    switch (step) {
        case Step::announce_removal:
            for (const auto& removal : record.removals) {
                if (std::ranges::find(before->removals, removal) != before->removals.end())
                    continue;
                taken_for_dead(coordinator, removal.member, true);
            }
            break;
        case Step::remove_dead:
            for (const auto& member : before->in_force.ring.members()) {
                if (record.in_force.ring.find(member.id)) continue;
                taken_for_dead(coordinator, member.id, false);
            }
            break;
        case Step::propose:
            for (const HistoryEntry& entry : router::under_way(record)) {
                if (entry.what == "evict") guarded(coordinator, entry.node, true);
                if (entry.what == "return") comes_back(entry, record);
            }
            proposed_ = record.proposal->next.number;
            registered_ = peek_.children(router::paths::gateways).value_or(Names{});
            break;
        case Step::begin_fencing:
            is_prepared(record);
            break;
        case Step::drop:
            for (const HistoryEntry& entry : router::detail::parse_notes(record.note)) {
                const bool is_it = !router::detail::is_open(entry) &&
                                   entry.reason.starts_with("not prepared within");
                if (is_it) out_of_time(coordinator, entry.reason);
            }
            for (const HistoryEntry& entry : router::under_way(*before)) {
                unasked_dropped_ = unasked_dropped_ || entry.request.empty();
            }
            break;
        default:
            break;
    }
}

/// Where a member has moved it is not taken for dead.
void Expectations::taken_for_dead(const SimulatedGateway& coordinator, const std::string& member,
                                  bool announced) {
    if (has_moved(member)) return;
    const auto& view = world_.record()->in_force;
    const auto index = view.ring.find(member);
    if (!index) return;
    const auto* const probes = coordinator.probes_of(view.address_of(*index));
    if (probes == nullptr || probes->failed == 0) {
        return object(member + " is taken for dead, and answered the last probe");
    }
    if (announced && world_.scheduler.now() - probes->failing_since < grace) {
        return object(member + " is taken for dead, and answered a moment ago");
    }
    guarded(coordinator, member, false);
}

/// `alive`: of who answer, and whose entries are gone; else of those who do neither.
void Expectations::guarded(const SimulatedGateway& coordinator, const std::string& member,
                           bool alive) {
    look_at_registry();  // one that was the third to go may have come back just now
    const auto all = members().size();
    if (!steady(coordinator) || gone(alive) * 100 <= share_max * all) return;
    object(member + " is to go, while " + std::to_string(gone(alive)) + " of " +
           std::to_string(all) + " members are gone at once");
}

std::map<std::string, Expectations::Fall> Expectations::falls() {
    std::map<std::string, Fall> falls;
    auto names = peek_.children(router::paths::history).value_or(Names{});
    std::ranges::sort(names, {}, number_in);
    for (const auto& name : names) {
        const auto data = peek_.data(std::string(router::paths::history) + "/" + name);
        const auto entry = router::parse_history_entry(data.value_or(""));
        if (!entry || !entry->done) continue;
        Fall& fall = falls[entry->node];
        if (entry->what == "death" || entry->what == "evict") {
            ++fall.times;
            fall.away = true;
        } else if (entry->what == "return") {
            fall.away = false;
        } else if (entry->what == "add" || entry->what == "remove") {
            fall = {};
        }
    }
    return falls;
}

void Expectations::comes_back(const HistoryEntry& entry, const ViewRecord& record) {
    if (falls()[entry.node].times >= settings().flap_count_max) {
        return object(entry.node + " comes back, though it fell again and again");
    }
    const auto& kept = kept_pins_[entry.node];
    if (kept.empty()) return;
    world_.count(Rare::came_with_pins);
    const auto& pins = record.proposal->next.ring.pins();
    for (const auto& channel : kept) {
        if (!pins.contains(channel)) object(entry.node + " comes back without " + channel);
    }
}

/// Those that were there before the proposal, and are.
void Expectations::is_prepared(const ViewRecord& record) {
    if (record.proposal->next.number != proposed_ || registered_.empty()) return;
    const auto& prepared = record.acknowledged;
    if (prepared.empty()) return object("nobody has prepared, and fences begin");
    const auto here = peek_.children(router::paths::gateways).value_or(Names{});
    for (const auto& entry : registered_) {
        if (std::ranges::find(here, entry) == here.end()) continue;
        if (std::ranges::find(prepared, entry) == prepared.end()) {
            object(entry + " was there before the proposal, and is not waited for");
        }
    }
}

/// Whom it names must have been there.
void Expectations::out_of_time(const SimulatedGateway& coordinator, const std::string& reason) {
    world_.count(Rare::out_of_time);
    if (world_.setup.mode == Mode::calm) return object("dropped in calm: " + reason);
    if (!steady(coordinator)) return;
    const auto now = world_.scheduler.now();
    for (const auto& [entry, last] : seen_) {
        if (now - last > gone_for_good && reason.find(entry) != std::string::npos) {
            object("waited for a gateway that had gone: " + reason);
        }
    }
}

void Expectations::appends(const SimulatedGateway& coordinator, const HistoryEntry& entry) {
    const auto& record = world_.record();
    if (!record || !entry.done) return;
    if (entry.what == "pin" || entry.what == "unpin") {
        for (auto& [member, channels] : kept_pins_) channels.erase(entry.channel);
    }
    if (entry.what == "death") {
        const auto ends = [&entry](std::string_view how) { return entry.reason.ends_with(how); };
        if (ends("it gave up its lease")) world_.count(Rare::out_by_yield);
        if (ends("nothing listens there")) world_.count(Rare::out_by_end);
        if (ends("its lease has ended")) world_.count(Rare::out_by_time);
    }
    if (entry.what == "death" || entry.what == "evict") {
        if (falls()[entry.node].times + 1 >= settings().flap_count_max) world_.count(Rare::flaps);
    }
    if (entry.steps == 0) return;
    if (static_cast<std::uint64_t>(record->in_force.number) != entry.view) return;
    if (world_.committed_by() != coordinator.number()) world_.count(Rare::resumed_in_leave);
    is_true(entry);
}

void Expectations::is_true(const HistoryEntry& entry) {
    const auto& ring = world_.record()->in_force.ring;
    const auto index = ring.find(entry.node);
    const auto pin = ring.pins().find(entry.channel);
    // Who died between two steps is no member any more, and that is the end of it.
    const bool ended = entry.reason.ends_with("steps are done");
    bool is_so = true;
    if (entry.what == "pin") {
        is_so = pin != ring.pins().end() && pin->second == entry.node &&
                ring.members()[ring.owner(entry.channel)].id == entry.node;
    } else if (entry.what == "unpin") {
        is_so = pin == ring.pins().end();
    } else if (!ended) {
        is_so = (index ? ring.members()[*index].weight : 0) == entry.weight;
    }
    if (!is_so) return object("history tells what is not so: " + encode(entry));

    const auto data =
        peek_.data(std::string(router::paths::requests) + "/" + entry.request).value_or("");
    const auto request = router::parse_request(data);
    const bool divided = request && !request->steps.empty() && entry.what != "pin" && !ended;
    if (divided && entry.steps != request->steps.size()) {
        object("asked for in " + std::to_string(request->steps.size()) + " steps, done in " +
               std::to_string(entry.steps));
    }
}

void Expectations::view_is(const ViewRecord& record) {
    const auto& before = world_.record();
    if (!before) return;
    const auto& former = before->in_force.ring;
    const auto& next = record.in_force.ring;
    Names asked_about;
    for (const HistoryEntry& entry : router::under_way(*before)) {
        asked_about.push_back(entry.channel);
    }
    for (const auto& [channel, owner] : former.pins()) {
        const auto pin = next.pins().find(channel);
        const bool holds = pin != next.pins().end() && pin->second == owner;
        if (holds || !next.find(owner)) continue;
        if (std::ranges::find(asked_about, channel) == asked_about.end()) {
            object("the pin of " + channel + " has got lost");
        }
    }
    for (const auto& member : former.members()) {
        if (next.find(member.id)) continue;
        auto& kept = kept_pins_[member.id];
        for (const auto& [channel, owner] : former.pins()) {
            if (owner == member.id) kept.insert(channel);
        }
    }
    for (const auto& member : next.members()) {
        if (!former.find(member.id)) kept_pins_.erase(member.id);
    }
    for (const auto& [channel, owner] : next.pins()) {
        for (auto& [member, channels] : kept_pins_) channels.erase(channel);
    }
}

void Expectations::look() {
    if (!world_.record()) return;
    SimulatedGateway* const leader = world_.leader();
    // It may have begun anew between two looks.
    const auto interruptions = leader == nullptr ? 0 : leader->tripwire().interruptions();
    const bool same = leader != nullptr && leader == leader_ && is_well(*leader) &&
                      interruptions == interruptions_;
    led_ = same ? led_ + 1 : 0;
    leader_ = leader;
    interruptions_ = interruptions;
    look_at_registry();
    if (led_ > 0) look_at_limits(*leader);
    look_at_learning();
}

void Expectations::look_at_registry() {
    const auto now = world_.scheduler.now();
    const auto nodes = peek_.children(router::paths::nodes);
    const Names all = members();
    std::map<std::string, Time> absent;
    for (const auto& member : all) {
        if (!nodes || std::ranges::find(*nodes, member) != nodes->end()) continue;
        const auto known = absent_.find(member);
        absent.emplace(member, known == absent_.end() ? now : known->second);
    }
    absent_ = std::move(absent);
    if (gone(true) * 100 > share_max * all.size() && !std::exchange(most_abandoned_, true)) {
        world_.count(Rare::most_abandoned);
    }
    const auto gateways = peek_.children(router::paths::gateways);
    if (gateways) {
        for (const auto& entry : *gateways) seen_[entry] = now;
    } else {
        for (auto& [entry, last] : seen_) last = now;
    }
}

bool Expectations::lasts(Lasting& one, const SimulatedGateway& leader, ViewNumber view,
                         Time::duration limit) const {
    const auto now = world_.scheduler.now();
    if (one.coordinator != &leader || one.view != view) one = {&leader, view, now};
    return now - one.since > limit;
}

void Expectations::look_at_limits(SimulatedGateway& leader) {
    if (led_ == 1) preparing_ = leaving_ = {};
    const auto& proposal = world_.record()->proposal;
    const bool prepares = proposal && proposal->stage == Stage::prepare;
    if (!prepares) {
        preparing_ = {};
    } else if (lasts(preparing_, leader, proposal->next.number,
                     std::chrono::seconds(settings().prepare_seconds_max) + slack)) {
        object("a proposal is being prepared for longer than the settings allow");
    }
    const auto status = leader.coordinator().status();
    if (!status.handoff || status.handoff->stage != "leave") {
        leaving_ = {};
    } else if (lasts(leaving_, leader, status.handoff->view,
                     std::chrono::seconds(settings().leave_seconds_max) + slack)) {
        object("former owners are being left for longer than the settings allow");
    }
}

bool Expectations::reaches_one_that_knows(SimulatedGateway& gateway, ViewNumber view,
                                          bool in_force) {
    return std::ranges::any_of(gateway.router().status().links, [&](const auto& link) {
        if (!link.publishing || !link.subscribing) return false;
        return std::ranges::any_of(world_.nodes, [&](const auto& node) {
            return node->address().text() == link.address && node->running() && !node->frozen() &&
                   world_.fence_of(*node) >= view && (!in_force || in_force_at(*node) >= view);
        });
    });
}

/// A connection that broke unseen seems to be there for a while: what is needed is most of that.
void Expectations::look_at_learning() {
    const auto& record = *world_.record();
    const bool fences = record.proposal && record.proposal->stage == Stage::fence;
    const ViewNumber latest = fences ? record.proposal->next.number : record.in_force.number;
    for (SimulatedGateway* const gateway : world_.serving()) {
        unsigned& looks = could_know_[gateway->number()];
        const auto status = gateway->router().status();
        const auto knows =
            std::max(status.view, status.handoff ? status.handoff->view : ViewNumber{});
        // What a node told of a handoff waits for what follows a view that was not prepared, until
        // one tells that it is over. Who was fenced for it, and is no member, may not know that.
        const bool waits = status.channels_changing > 0 && gateway->wires().told() >= latest;
        const bool could = knows < latest && !gateway->process().frozen() &&
                           gateway->znodes().session().state != SessionState::connected &&
                           reaches_one_that_knows(*gateway, latest, waits);
        looks = could ? looks + 1 : 0;
        if (looks > learning_looks) {
            object(named("gateway", gateway->number()) + " does not learn the view from a node");
        }
    }
}

std::string Expectations::unmet() {
    const auto& view = world_.record()->in_force;
    for (SimulatedGateway* const gateway : world_.serving()) {
        for (const Wires::Wire& wire : gateway->wires().all()) {
            for (const auto& [channel, standing] : wire.channels) {
                if (gateway->wants(channel) && &world_.owner_in(view, channel) == wire.node) {
                    continue;
                }
                return named("gateway", gateway->number()) + " is subscribed to " +
                       named("channel", channel) + " at " + named("node", wire.node->number()) +
                       " for nothing";
            }
        }
    }
    // Some coordinators go on reaching less than others until another leads.
    SimulatedGateway* const leader = world_.leader();
    const bool is_alone = leader != nullptr && !leader->beyond_coordinator().empty();
    if (unasked_dropped_ || is_alone) return {};
    const auto registered = peek_.children(router::paths::nodes).value_or(Names{});
    for (const auto& [member, fall] : falls()) {
        if (!fall.away || fall.times >= settings().flap_count_max || has_moved(member)) continue;
        if (std::ranges::find(registered, member) == registered.end()) continue;
        if (!view.ring.find(member)) return member + " has not come back";
    }
    return {};
}

}  // namespace ringcast::simulation
