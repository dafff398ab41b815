#include "cluster.hpp"

#include "ringcast/membership/errc.hpp"
#include "ringcast/membership/sequence.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace ringcast::ctl {
namespace {

using membership::Errc;

/// Where a sequential znode stands among the others; what is not made so goes first.
using Place = std::pair<std::optional<std::uint64_t>, std::string>;

Place place_of(const std::string& name) {
    return {membership::sequence_of(name), name};
}

std::string child(std::string_view parent, std::string_view name) {
    return std::string(parent) + "/" + std::string(name);
}

}  // namespace

bool is_interruption(std::error_code error) noexcept {
    return error == Errc::unknown_outcome || error == Errc::session_lost ||
           error == Errc::unavailable;
}

/// Every call in flight holds it; the reader does, too, and without the reader nobody is told.
struct ClusterReader::Reading : std::enable_shared_from_this<Reading> {
    Reading(membership::Znodes& tree, Depth how, Handler told)
        : znodes(tree), depth(how), handler(std::move(told)) {}

    membership::Znodes& znodes;
    const Depth depth;
    Handler handler;
    ClusterState state;
    std::error_code trouble;
    // In the order of their numbers: of two of one gateway the later one wins.
    std::map<Place, router::GatewayEntry> gateways;
    std::map<Place, QueuedRequest> requests;
    std::map<Place, PastChange> history;
    int outstanding = 0;

    using Take = void (Reading::*)(const std::string& name, const std::string& data);

    void start() {
        ++outstanding;
        get(std::string(router::paths::view), "view", &Reading::take_view);
        each(router::paths::nodes, &Reading::take_node);
        each(router::paths::gateways, &Reading::take_gateway);
        each(router::paths::requests, &Reading::take_request);
        get(std::string(router::paths::config), "config", &Reading::take_settings);
        if (depth == Depth::history) each(router::paths::history, &Reading::take_history);
        list(router::paths::coordinator, [](Reading& self, std::vector<std::string> names) {
            if (names.empty()) return;
            const std::string first = *std::ranges::min_element(names, {}, place_of);
            self.get(child(router::paths::coordinator, first), first, &Reading::take_coordinator);
        });
        finish();
    }

    void get(std::string path, std::string name, Take take) {
        ++outstanding;
        znodes.get(std::move(path), {},
                   [weak = weak_from_this(), name = std::move(name), take](
                       std::error_code error, const std::string& data, const membership::Stat&) {
                       const auto self = weak.lock();
                       if (!self) return;
                       if (!error) (self.get()->*take)(name, data);
                       self->finish(error);
                   });
    }

    void list(std::string_view path, void (*take)(Reading&, std::vector<std::string>)) {
        ++outstanding;
        znodes.children(
            std::string(path), {},
            [weak = weak_from_this(), take](std::error_code error, std::vector<std::string> names,
                                            const membership::Stat&) {
                const auto self = weak.lock();
                if (!self) return;
                if (!error) take(*self, std::move(names));
                self->finish(error);
            });
    }

    void each(std::string_view path, Take take) {
        ++outstanding;
        znodes.children(
            std::string(path), {},
            [weak = weak_from_this(), path, take](
                std::error_code error, std::vector<std::string> names, const membership::Stat&) {
                const auto self = weak.lock();
                if (!self) return;
                if (!error) {
                    for (const auto& name : names) self->get(child(path, name), name, take);
                }
                self->finish(error);
            });
    }

    void finish(std::error_code error = {}) {
        // What is absent, or went between the list and the read, is no trouble.
        if (error && error != Errc::no_node && !trouble) trouble = error;
        if (--outstanding != 0) return;
        std::map<std::string, router::GatewayEntry> by_id;
        for (auto& [name, gateway] : gateways) by_id.insert_or_assign(gateway.id, gateway);
        for (auto& [id, gateway] : by_id) state.gateways.push_back(gateway);
        for (auto& [name, request] : requests) state.requests.push_back(std::move(request));
        for (auto& [name, change] : history) {
            change.entry.reason = state.with_gateway_ids(std::move(change.entry.reason));
            state.history.push_back(std::move(change));
        }
        const Handler told = std::move(handler);
        told(trouble, state);
    }

    void take_view(const std::string&, const std::string& data) {
        if (data.empty()) return;
        if (auto record = router::decode_view_record(data)) {
            state.record = *std::move(record);
        } else {
            state.view_unreadable = true;
            ++state.unreadable;
        }
    }

    void take_node(const std::string& id, const std::string& data) {
        if (auto entry = router::parse_node_entry(id, data)) {
            state.nodes.emplace(id, *std::move(entry));
        } else {
            ++state.unreadable;
        }
    }

    void take_gateway(const std::string& name, const std::string& data) {
        if (auto entry = router::parse_gateway_entry(data)) {
            state.gateway_ids.emplace(name, entry->id);
            gateways.emplace(place_of(name), *std::move(entry));
        } else {
            ++state.unreadable;
        }
    }

    void take_request(const std::string& name, const std::string& data) {
        auto request = router::parse_request(data);
        if (!request) ++state.unreadable;
        requests.emplace(place_of(name), QueuedRequest{name, std::move(request)});
    }

    void take_history(const std::string& name, const std::string& data) {
        if (auto entry = router::parse_history_entry(data)) {
            history.emplace(place_of(name), PastChange{name, *std::move(entry)});
        } else {
            ++state.unreadable;
        }
    }

    void take_settings(const std::string&, const std::string& data) {
        if (auto settings = router::parse_settings(data)) {
            state.settings = *settings;
        } else {
            ++state.unreadable;
        }
    }

    void take_coordinator(const std::string&, const std::string& data) { state.coordinator = data; }
};

bool changed_the_ring(const router::HistoryEntry& entry) {
    return entry.steps != 0 && !entry.request.empty() && router::parse_request_kind(entry.what);
}

std::string ClusterState::with_gateway_ids(std::string text) const {
    for (const auto& [name, id] : gateway_ids) {
        for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at)) {
            text.replace(at, name.size(), id);
            at += id.size();
        }
    }
    return text;
}

ClusterReader::ClusterReader(membership::Znodes& znodes, std::string cluster, Depth depth,
                             Handler handler)
    : reading_(std::make_shared<Reading>(znodes, depth, std::move(handler))) {
    reading_->state.cluster = std::move(cluster);
    reading_->state.zookeeper = membership::name_of(znodes.session().state);
    reading_->start();
}

Outcome::Outcome(membership::Znodes& znodes, membership::Scheduler& scheduler, std::string request,
                 Handler handler)
    : handler_(std::move(handler)),
      name_(std::move(request)),
      history_(znodes, scheduler, std::string(router::paths::history), [this] { look(); }),
      requests_(znodes, scheduler, std::string(router::paths::requests), "r-", [] {}) {}

bool Outcome::gone() const {
    return requests_.complete() && std::ranges::count(requests_.items(), name_,
                                                      &membership::QueueConsumer::Item::name) == 0;
}

void Outcome::look() {
    if (!handler_) return;
    for (const auto& [name, entry] : history_.entries()) {
        const auto told = router::parse_history_entry(entry.data);
        if (told && told->request == name_) return std::exchange(handler_, nullptr)(*told);
    }
}

}  // namespace ringcast::ctl
