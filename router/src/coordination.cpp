#include "coordination.hpp"

#include "ringcast/membership/errc.hpp"
#include "ringcast/membership/sequence.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <functional>
#include <utility>

namespace ringcast::router::detail {
namespace {

using namespace std::chrono_literals;

constexpr auto pause_after_error = 1'000ms;
constexpr auto sweep_pause = 1'000ms;  // who acknowledges late seldom does it alone
constexpr auto inform_pause_min = 100ms;
constexpr auto fence_pause_max = 1'000ms;  // publishes are held meanwhile
constexpr auto tell_pause_max = 5'000ms;
constexpr std::size_t history_known_max = 256;
constexpr std::size_t unreadable_known_max = 1'000;
constexpr std::string_view gateway_prefix = "g-";

bool somebody_else_wrote(std::error_code error) {
    return error == membership::Errc::bad_version || error == membership::Errc::no_node ||
           error == membership::Errc::node_exists;
}

}  // namespace

Coordination::Coordination(CoordinatorOptions options)
    : options_(options), patience_(options.reach_patience), suspects_(options) {}

Actions Coordination::lead(Moment now) {
    resign();
    status_.leading = true;
    sweep_at_ = now.clock;
    reading_view_ = reading_history_ = true;
    return {ReadView{}, ReadHistory{}};
}

void Coordination::resign() {
    Coordination fresh(options_);
    fresh.status_ = status_;
    fresh.status_.leading = false;
    fresh.status_.waiting.clear();
    fresh.status_.requests.clear();
    fresh.status_.handoff.reset();
    fresh.unreadable_ = std::move(unreadable_);
    fresh.patience_ = patience_;
    *this = std::move(fresh);
}

Actions Coordination::nodes(Moment now, const std::map<std::string, std::string>& entries) {
    Actions out;
    Nodes nodes;
    std::map<std::string, Time, std::less<>> registered_since;
    for (const auto& [id, data] : entries) {
        if (auto entry = parse_node_entry(id, data)) {
            if (!nodes_ || !nodes_->contains(id)) settled_since_ = now.clock;
            const auto known = registered_since_.find(id);
            registered_since[id] = known == registered_since_.end() ? now.clock : known->second;
            nodes.emplace(id, *std::move(entry));
        } else {
            count_unreadable("nodes/" + id, data, out);
        }
    }
    nodes_ = std::move(nodes);
    registered_since_ = std::move(registered_since);
    // One that was started again has to answer again.
    std::erase_if(asked_, [this](const auto& one) { return !nodes_->contains(one.first); });
    std::ranges::move(decide(now), std::back_inserter(out));
    return out;
}

void Coordination::take_gateways(Moment now, const std::map<std::string, std::string>& entries,
                                 Actions& out) {
    Gateways gateways;
    gateway_names_.clear();
    // When a gateway is there twice, because its former session has not expired yet, the later entry
    // speaks for it.
    std::map<std::string, std::optional<std::uint64_t>> spoken;
    for (const auto& [name, data] : entries) {
        // Whatever else lies there never acknowledges anything.
        if (name.starts_with(gateway_prefix)) gateway_names_.insert(name);
        if (auto entry = parse_gateway_entry(data)) {
            const auto number = membership::sequence_of(name, gateway_prefix);
            const auto [known, fresh] = spoken.try_emplace(entry->id, number);
            if (!fresh && number < known->second) continue;
            known->second = number;
            gateways.insert_or_assign(known->first, std::move(entry));
        } else {
            count_unreadable("gateways/" + name, data, out);
            gateways.emplace(name, std::nullopt);
        }
    }
    if (gateways_) {
        for (const auto& [id, entry] : *gateways_) gateways_gone_.try_emplace(id, now.clock);
    }
    std::erase_if(gateways_gone_, [&](const auto& one) {
        return gateways.contains(one.first) || one.second + suspects_.grace() <= now.clock;
    });
    gateways_ = std::move(gateways);
}

Actions Coordination::gateways(Moment now, const std::map<std::string, std::string>& entries) {
    // What was read before is older than what is being read now.
    if (reading_gateways_) return {};
    Actions out;
    take_gateways(now, entries, out);
    std::ranges::move(decide(now), std::back_inserter(out));
    return out;
}

Actions Coordination::gateways_read(Moment now, const std::map<std::string, std::string>& entries) {
    if (!std::exchange(reading_gateways_, false)) return {};
    Actions out;
    take_gateways(now, entries, out);
    caught_up_ = true;
    if (handoff_) {
        handoff_->fresh = true;
        handoff_->had_gateways = !gateway_names_.empty();
    }
    std::ranges::move(decide(now), std::back_inserter(out));
    return out;
}

Actions Coordination::requests(Moment now,
                               const std::vector<std::pair<std::string, std::string>>& queue) {
    Actions out;
    std::deque<Queued> queued;
    for (const auto& [name, data] : queue) {
        Queued item{name, parse_request(data), now.clock};
        if (!item.request) count_unreadable("requests/" + name, data, out);
        if (queue_) {
            const auto known = std::ranges::find(*queue_, name, &Queued::name);
            if (known != queue_->end()) item.seen = known->seen;
        }
        queued.push_back(std::move(item));
    }
    queue_ = std::move(queued);
    std::set<std::uint64_t> limits;
    for (const Queued& item : *queue_) {
        if (item.request && item.request->when.kind == When::Kind::quiet)
            limits.insert(item.request->when.below);
    }
    schedule_.forget_but(limits);
    std::ranges::move(decide(now), std::back_inserter(out));
    return out;
}

Actions Coordination::settings(Moment now, const std::optional<std::string>& json) {
    if (!status_.leading) return {};
    Actions out;
    if (auto settings = parse_settings(json.value_or(""))) {
        settings_ = *settings;
    } else {
        count_unreadable("config", *json, out);
        if (!settings_) settings_.emplace();
    }
    status_.paused = settings_->paused;
    suspects_.configure(settings_->death_grace_ms
                            ? std::chrono::milliseconds(*settings_->death_grace_ms)
                            : options_.death_grace,
                        settings_->vanish_percent_max.value_or(options_.vanish_percent_max));
    std::ranges::move(decide(now), std::back_inserter(out));
    return out;
}

Actions Coordination::acknowledged(Moment now, ViewNumber number, AckStage stage, Names entered) {
    if (acks_.number != number) return {};
    (stage == AckStage::prepare ? acks_.prepare : acks_.leave) = std::move(entered);
    return decide(now);
}

/// Who acknowledges very late does it behind our back. Those of a handoff under way are seen too:
/// nothing is swept before it is in history, and then everything is.
Actions Coordination::acks_seen(Moment now, std::size_t handoffs) {
    if (!status_.leading) return {};
    if (handoffs != 0 && waiting_ != Waiting::sweep && !sweep_at_) {
        sweep_at_ = now.clock + sweep_pause;
    }
    return decide(now);
}

Actions Coordination::view_read(Moment now, const std::optional<ViewRead>& read) {
    // What was read before a write was answered may be older than the write.
    if (!status_.leading || waiting_ == Waiting::write) return {};
    const bool asked = std::exchange(reading_view_, false);
    // What was read before a write of ours may be told after it. Should it be a znode deleted and
    // made anew instead, the next write is refused, and it is read again.
    const bool older = read && (read->modified <= modified_ || read->version < version_);
    if (!asked && older) return decide(now);

    Actions out;
    foreign_ = false;
    version_ = read ? std::optional(read->version) : std::nullopt;
    modified_ = read ? read->modified : modified_;
    if (!read || read->bytes.empty()) {
        damaged_ = record_.has_value();
    } else if (auto record = decode_view_record(read->bytes)) {
        adopt(*std::move(record), read->version);
    } else {
        count_unreadable("view", read->bytes, out);
        damaged_ = true;
        foreign_ = record.error() == boost::system::errc::not_supported;
    }
    std::ranges::move(decide(now), std::back_inserter(out));
    return out;
}

Actions Coordination::history_read(Moment now, const std::vector<std::string>& entries) {
    if (!status_.leading) return {};
    Actions out;
    reading_history_ = false;
    history_.clear();
    for (const std::string& data : entries) {
        if (auto entry = parse_history_entry(data)) {
            history_.push_back(*std::move(entry));
        } else {
            count_unreadable("history", data, out);
        }
    }
    std::ranges::move(decide(now), std::back_inserter(out));
    return out;
}

Actions Coordination::view_written(Moment now, std::error_code error, std::int32_t version) {
    if (waiting_ != Waiting::write) return {};
    waiting_ = Waiting::nothing;
    ViewRecord written = *std::exchange(writing_, std::nullopt);
    Actions out;
    if (error) {
        // Somebody else leads, or did: what he wrote he has appended to history, too.
        reading_view_ = reading_history_ = true;
        if (!somebody_else_wrote(error)) {
            complain("cannot write the view", error, out);
            write_after_ = now.clock + pause_after_error;
        }
        out.insert(out.end(), {ReadView{}, ReadHistory{}});
        return out;
    }

    trouble_.clear();
    const bool in_force_now = !record_ || record_->in_force.number != written.in_force.number;
    adopt(std::move(written), version);
    if (in_force_now) {
        ++status_.views_made;
        for (const HistoryEntry& entry : notes_) {
            if (entry.view != static_cast<std::uint64_t>(record_->in_force.number)) continue;
            if (entry.what == "death") ++status_.nodes_removed;
            out.push_back(
                Say{Say::Level::info, "view " + std::to_string(entry.view) +
                                          " in force what=" + entry.what + " node=" + entry.node +
                                          " arcs_moved=" + std::to_string(entry.arcs_moved) +
                                          " digest=" + record_->in_force.ring.digest().text()});
        }
    }
    std::ranges::move(decide(now), std::back_inserter(out));
    return out;
}

Actions Coordination::history_appended(Moment now, std::error_code error) {
    if (waiting_ != Waiting::append) return {};
    waiting_ = Waiting::nothing;
    HistoryEntry appended = *std::exchange(appending_, std::nullopt);
    Actions out;
    if (error) {
        complain("cannot append to history", error, out);
        append_after_ = now.clock + pause_after_error;
        reading_history_ = true;
        out.push_back(ReadHistory{});
        return out;
    }

    trouble_.clear();
    if (is_same(appended, open_entry().value_or(HistoryEntry{}))) began_.reset();
    history_.push_back(std::move(appended));
    if (history_.size() > history_known_max) history_.pop_front();
    return decide(now);
}

Actions Coordination::request_finished(Moment now, std::error_code error) {
    if (waiting_ != Waiting::finish) return {};
    waiting_ = Waiting::nothing;
    const Queued finished = *std::exchange(finishing_, std::nullopt);
    Actions out;
    if (error && error != membership::Errc::no_node) {
        complain("cannot take a request from the queue", error, out);
        append_after_ = now.clock + pause_after_error;
    } else {
        trouble_.clear();
        const HistoryEntry* entry = find_in_history(finished);
        ++(entry != nullptr && entry->done ? status_.requests_done : status_.requests_refused);
        if (queue_)
            std::erase_if(*queue_, [&](const Queued& one) { return one.name == finished.name; });
    }
    std::ranges::move(decide(now), std::back_inserter(out));
    return out;
}

Actions Coordination::acks_swept(Moment now, std::error_code error, std::size_t found) {
    if (waiting_ != Waiting::sweep) return {};
    waiting_ = Waiting::nothing;
    Actions out;
    if (error) complain("cannot take acknowledgements away", error, out);
    // What came in meanwhile was not reported: once more, until there is nothing.
    if (error || found != 0) sweep_at_ = now.clock + sweep_pause;
    std::ranges::move(decide(now), std::back_inserter(out));
    return out;
}

Actions Coordination::probed(Moment now, const std::string& node, const Address& address,
                             ProbeOutcome outcome) {
    Actions out;
    if (suspects_.probed(now.clock, node, address, outcome)) {
        out.push_back(Say{Say::Level::warning, "suspected member answers: it stays node=" + node +
                                                   " at=" + address.text()});
    }
    const auto asked = asked_.find(node);
    if (asked != asked_.end() && asked->second.address == address) {
        asked->second.reachable = outcome == ProbeOutcome::answered;
        asked->second.answered = now.clock;
    }
    std::ranges::move(decide(now), std::back_inserter(out));
    return out;
}

Actions Coordination::informed(Moment now, const InformNode& what, std::error_code error) {
    const auto take = [&](Informed& nodes) {
        const auto found = nodes.find(what.node);
        if (found == nodes.end() || found->second.address != what.address) return;
        Informing& node = found->second;
        if (node.fence != what.fence) return;
        node.asking = false;
        node.done = node.done || !error;
        node.told = node.told || !error;
        if (!error) return node.failing_since.reset();
        if (!node.failing_since) node.failing_since = now.clock;
        const unsigned doubled = std::min(node.failures++, 10U);
        const Time::duration longest =
            node.fence != ViewNumber{} ? fence_pause_max : tell_pause_max;
        node.next =
            now.clock + std::min<Time::duration>(inform_pause_min * (1U << doubled), longest);
    };
    if (handoff_ && handoff_->record == what.record) {
        take(handoff_->owners);
        take(handoff_->others);
    }
    if (told_record_ == what.record) take(told_);
    return decide(now);
}

Actions Coordination::tick(Moment now) {
    return decide(now);
}

void Coordination::adopt(ViewRecord record, std::int32_t version) {
    record_ = std::move(record);
    notes_ = parse_notes(record_->note);
    version_ = version;
    damaged_ = foreign_ = false;
    status_.view = record_->in_force.number;
}

Time Coordination::handoff_began() const {
    assert(handoff_);
    return began_.value_or(handoff_->since);
}

void Coordination::complain(std::string_view of, std::error_code error, Actions& out) {
    std::string text = std::string(of) + ": " + error.message();
    if (std::exchange(trouble_, text) != text) {
        out.push_back(Say{Say::Level::warning, std::move(text)});
    }
}

void Coordination::count_unreadable(std::string_view path, std::string_view data, Actions& out) {
    std::string key = std::string(path) + " " + std::to_string(std::hash<std::string_view>{}(data));
    if (unreadable_.size() > unreadable_known_max) unreadable_.clear();
    if (!unreadable_.insert(std::move(key)).second) return;
    ++status_.unreadable_entries;
    out.push_back(Say{Say::Level::error, "unreadable entry ignored path=" + std::string(path) +
                                             " bytes=" + std::to_string(data.size())});
}

}  // namespace ringcast::router::detail
