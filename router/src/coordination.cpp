#include "coordination.hpp"

#include "ringcast/membership/errc.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <functional>
#include <utility>

namespace ringcast::router::detail {
namespace {

using namespace std::chrono_literals;

constexpr auto pause_after_error = 1'000ms;
constexpr std::size_t history_known_max = 256;
constexpr std::size_t unreadable_known_max = 1'000;

bool somebody_else_wrote(std::error_code error) {
    return error == membership::Errc::bad_version || error == membership::Errc::no_node ||
           error == membership::Errc::node_exists;
}

}  // namespace

Coordination::Coordination(CoordinatorOptions options) : options_(options), suspects_(options) {}

Actions Coordination::lead(Moment) {
    resign();
    status_.leading = true;
    reading_view_ = reading_history_ = true;
    return {ReadView{}, ReadHistory{}};
}

void Coordination::resign() {
    Coordination fresh(options_);
    fresh.status_ = status_;
    fresh.status_.leading = false;
    fresh.unreadable_ = std::move(unreadable_);
    *this = std::move(fresh);
}

Actions Coordination::nodes(Moment now, const std::map<std::string, std::string>& entries) {
    Actions out;
    Nodes nodes;
    for (const auto& [id, data] : entries) {
        if (auto entry = parse_node_entry(id, data)) {
            if (!nodes_ || !nodes_->contains(id)) settled_since_ = now.clock;
            nodes.emplace(id, *std::move(entry));
        } else {
            count_unreadable("nodes/" + id, data, out);
        }
    }
    nodes_ = std::move(nodes);
    std::ranges::move(decide(now), std::back_inserter(out));
    return out;
}

Actions Coordination::gateways(Moment now, const std::map<std::string, std::string>& entries) {
    Actions out;
    Gateways gateways;
    // In ascending order of sequence: when a gateway is there twice, because its former session has
    // not expired yet, the later entry speaks for it.
    for (const auto& [name, data] : entries) {
        if (auto entry = parse_gateway_entry(data)) {
            std::string id = entry->id;
            gateways.insert_or_assign(std::move(id), std::move(entry));
        } else {
            count_unreadable("gateways/" + name, data, out);
            gateways.emplace(name, std::nullopt);
        }
    }
    gateways_ = std::move(gateways);
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
    std::ranges::move(decide(now), std::back_inserter(out));
    return out;
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
    ++status_.views_made;
    adopt(std::move(written), version);
    if (note_ && note_->view == static_cast<std::uint64_t>(record_->in_force.number)) {
        if (note_->what == "death") ++status_.nodes_removed;
        out.push_back(
            Say{Say::Level::info, "view " + std::to_string(note_->view) +
                                      " in force what=" + note_->what + " node=" + note_->node +
                                      " arcs_moved=" + std::to_string(note_->arcs_moved) +
                                      " digest=" + record_->in_force.ring.digest().text()});
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
    history_.push_back(std::move(appended));
    if (history_.size() > history_known_max) history_.pop_front();
    return decide(now);
}

Actions Coordination::request_finished(Moment now, std::error_code error) {
    if (waiting_ != Waiting::finish) return {};
    waiting_ = Waiting::nothing;
    Actions out;
    if (error && error != membership::Errc::no_node) {
        complain("cannot take a request from the queue", error, out);
        append_after_ = now.clock + pause_after_error;
    } else if (queue_ && !queue_->empty()) {
        trouble_.clear();
        const HistoryEntry* entry = find_in_history(queue_->front());
        ++(entry != nullptr && entry->done ? status_.requests_done : status_.requests_refused);
        queue_->pop_front();
    }
    std::ranges::move(decide(now), std::back_inserter(out));
    return out;
}

Actions Coordination::probed(Moment now, const std::string& node, const Address& address,
                             bool reachable) {
    Actions out;
    if (suspects_.probed(now.clock, node, address, reachable)) {
        out.push_back(Say{Say::Level::warning, "suspected member answers: it stays node=" + node +
                                                   " at=" + address.text()});
    }
    if (newcomer_ && newcomer_->node == node && newcomer_->address == address) {
        newcomer_->reachable = reachable;
    }
    std::ranges::move(decide(now), std::back_inserter(out));
    return out;
}

Actions Coordination::tick(Moment now) {
    return decide(now);
}

void Coordination::adopt(ViewRecord record, std::int32_t version) {
    record_ = std::move(record);
    note_ = parse_history_entry(record_->note);
    version_ = version;
    damaged_ = foreign_ = false;
    status_.view = record_->in_force.number;
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
