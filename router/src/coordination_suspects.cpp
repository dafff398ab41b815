#include "coordination_suspects.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace ringcast::router::detail {
namespace {

using namespace std::chrono_literals;

/// Between probes: short at first, longer while a member stays as it is. One that answers while its
/// entry is gone has only lost its agent; one that does not and still is a member is one of too
/// many.
constexpr auto pause_min = 100ms;
constexpr auto pause_max = 1'000ms;

/// One connection may be refused by chance (a full backlog, a restart within a blink): two are
/// asked.
constexpr unsigned failures_min = 2;

/// How many gateways complain of each member.
std::map<std::string_view, std::size_t> complaints(const Gateways& gateways) {
    std::map<std::string_view, std::size_t> count;
    for (const auto& [id, entry] : gateways) {
        if (!entry) continue;
        for (const std::string_view member :
             std::set<std::string_view>(entry->unreachable.begin(), entry->unreachable.end())) {
            ++count[member];
        }
    }
    return count;
}

}  // namespace

bool announces(const Nodes& nodes, std::string_view id, const Address& address) {
    const auto node = nodes.find(id);
    return node != nodes.end() && node->second.address == address;
}

std::vector<Suspects::Probing> Suspects::review(Time now, const Members& members,
                                                const Nodes& nodes, const Gateways& gateways) {
    members_ = members.size();
    const auto complaining = complaints(gateways);
    std::map<std::string, Suspicion, std::less<>> suspected;
    std::vector<Probing> probes;

    for (const auto& [id, address] : members) {
        const auto count = complaining.find(id);
        const bool reported = count != complaining.end() && count->second * 2 > gateways.size();
        const bool announced = announces(nodes, id, address);
        if (announced && !reported) continue;

        Suspicion suspicion{.address = address, .since = now, .next_probe = now};
        const auto known = suspicions_.find(id);
        if (known != suspicions_.end() && known->second.address == suspicion.address) {
            suspicion = known->second;
        }
        if (reported != suspicion.reported_since.has_value()) {
            suspicion.reported_since = reported ? std::optional(now) : std::nullopt;
            suspicion.next_probe = now;
        }
        if (announced) {
            suspicion.entry_gone_since.reset();
        } else if (!suspicion.entry_gone_since) {
            suspicion.entry_gone_since = now;
            suspicion.next_probe = now;
            suspicion.reachable = false;  // that it answered before says nothing any more
        }
        if (!suspicion.probing && suspicion.next_probe <= now) {
            suspicion.probing = true;
            suspicion.asked = now;
            const bool first = !suspicion.answered && suspicion.failures == 0;
            probes.push_back({id, suspicion.address, first});
        }
        suspected.emplace(id, std::move(suspicion));
    }
    suspicions_ = std::move(suspected);
    return probes;
}

bool Suspects::probed(Time now, const std::string& member, const Address& address,
                      ProbeOutcome outcome) {
    const auto found = suspicions_.find(member);
    if (found == suspicions_.end() || found->second.address != address) return false;
    Suspicion& suspicion = found->second;
    const bool hurried = suspicion.next_probe > suspicion.asked;  // since this one was sent
    suspicion.probing = false;
    suspicion.reachable = outcome == ProbeOutcome::answered;
    suspicion.refused.reset();
    if (outcome == ProbeOutcome::refused) suspicion.refused = suspicion.asked;
    if (suspicion.reachable) {
        suspicion.failures = 0;
        suspicion.failing_since.reset();
        suspicion.next_probe = hurried ? now : now + pause_max;
        return !std::exchange(suspicion.answered, true);
    }
    if (suspicion.failures++ == 0) suspicion.failing_since = now;
    const Time::duration failing = now - *suspicion.failing_since;
    suspicion.next_probe =
        hurried ? now : now + std::clamp<Time::duration>(failing / 4, pause_min, pause_max);
    return false;
}

void Suspects::hurry(Time now, const std::string& member) {
    const auto found = suspicions_.find(member);
    if (found != suspicions_.end()) found->second.next_probe = now;
}

bool Suspects::ended_since(const std::string& member, Time when) const {
    const auto found = suspicions_.find(member);
    if (found == suspicions_.end()) return false;
    const Suspicion& suspicion = found->second;
    const auto& gone_since = suspicion.entry_gone_since;
    return gone_since && suspicion.refused && *suspicion.refused >= std::max(*gone_since, when);
}

bool Suspects::may_be_dead(const std::string& member) const {
    const auto found = suspicions_.find(member);
    return found != suspicions_.end() && !found->second.reachable && found->second.reported_since;
}

std::vector<std::string> Suspects::dead(Time now) const {
    std::vector<std::string> dead;
    for (const auto& [member, suspicion] : suspicions_) {
        const std::optional<Time> at = dead_at(suspicion);
        if (at && *at <= now) dead.push_back(member);
    }
    return dead;
}

std::size_t Suspects::gone() const {
    return static_cast<std::size_t>(
        std::count_if(suspicions_.begin(), suspicions_.end(),
                      [](const auto& suspicion) { return !suspicion.second.reachable; }));
}

bool Suspects::too_many_gone() const {
    // When all are gone there is nobody to take over, whatever the share.
    return gone() >= members_ || gone() * 100 > vanish_percent_max_ * members_;
}

std::vector<std::string> Suspects::abandoned(Time now) const {
    const auto without_entry = std::ranges::count_if(suspicions_, [](const auto& suspicion) {
        return suspicion.second.entry_gone_since.has_value();
    });
    if (static_cast<std::size_t>(without_entry) * 100 > vanish_percent_max_ * members_) return {};
    std::vector<std::string> abandoned;
    for (const auto& [member, suspicion] : suspicions_) {
        const std::optional<Time> gone_since = suspicion.entry_gone_since;
        const bool long_gone = gone_since && *gone_since + abandoned_grace_ <= now;
        if (long_gone && suspicion.reachable) abandoned.push_back(member);
    }
    return abandoned;
}

std::optional<Time> Suspects::since(const std::string& member) const {
    const auto found = suspicions_.find(member);
    return found == suspicions_.end() ? std::nullopt : std::optional(found->second.since);
}

std::optional<Time> Suspects::wake(Time now) const {
    std::optional<Time> wake;
    const auto consider = [&wake](Time at) { wake = wake ? std::min(*wake, at) : at; };
    for (const auto& [member, suspicion] : suspicions_) {
        if (!suspicion.probing) consider(suspicion.next_probe);
        const std::optional<Time> at = dead_at(suspicion);
        if (at && *at > now) consider(*at);
        if (const auto& gone_since = suspicion.entry_gone_since) {
            if (*gone_since + abandoned_grace_ > now) consider(*gone_since + abandoned_grace_);
        }
    }
    return wake;
}

std::optional<Time> Suspects::dead_at(const Suspicion& suspicion) const {
    if (suspicion.failures < failures_min || !suspicion.reported_since) return std::nullopt;
    return std::max(*suspicion.failing_since, *suspicion.reported_since) + grace_;
}

}  // namespace ringcast::router::detail
