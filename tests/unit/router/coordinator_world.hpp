#pragma once

#include "manual_scheduler.hpp"
#include "ringcast/membership/barrier.hpp"
#include "ringcast/membership/configuration.hpp"
#include "ringcast/membership/in_process.hpp"
#include "ringcast/membership/registry.hpp"
#include "ringcast/router/coordinator.hpp"
#include "ringcast/router/entries.hpp"

#include <gtest/gtest.h>
#include <spdlog/sinks/null_sink.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

namespace ringcast::router {

using Lines = std::vector<std::string>;

/// Nodes that answer or do not, and remember what they were told.
class FakeNodes final : public NodeControl {
public:
    explicit FakeNodes(membership::Scheduler& scheduler) : scheduler_(scheduler) {}
    /// The same nodes, from where some of them cannot be fenced.
    class From;

    void probe(const Address& address, std::chrono::milliseconds, ProbeHandler handler) override {
        const auto outcome = answers(address) ? ProbeOutcome::answered : ProbeOutcome::refused;
        scheduler_.post([handler = std::move(handler), outcome] { handler(outcome); });
    }

    void fence(const Address& address, ViewNumber fence, ViewNumber view, std::string,
               std::chrono::milliseconds, Handler handler) override {
        const bool reached = answers(address);
        if (reached) {
            auto& node = told[address.text()];
            node = {std::max(node.first, fence), std::max(node.second, view)};
        }
        scheduler_.post([handler = std::move(handler), reached] {
            handler(reached ? std::error_code{} : std::make_error_code(std::errc::timed_out));
        });
    }

    std::set<std::string> silent;                                   ///< nothing listens there
    std::map<std::string, std::pair<ViewNumber, ViewNumber>> told;  ///< fence and view, by address

private:
    [[nodiscard]] bool answers(const Address& address) const {
        return !silent.contains(address.text());
    }

    membership::Scheduler& scheduler_;
};

class FakeNodes::From final : public NodeControl {
public:
    explicit From(FakeNodes& nodes) : nodes_(nodes) {}

    void probe(const Address& address, std::chrono::milliseconds timeout,
               ProbeHandler handler) override {
        nodes_.probe(address, timeout, std::move(handler));
    }

    void fence(const Address& address, ViewNumber fence, ViewNumber view, std::string record,
               std::chrono::milliseconds timeout, Handler handler) override {
        if (!unfenceable.contains(address.text())) {
            return nodes_.fence(address, fence, view, std::move(record), timeout,
                                std::move(handler));
        }
        nodes_.scheduler_.post([handler = std::move(handler)] {
            handler(std::make_error_code(std::errc::timed_out));
        });
    }

    std::set<std::string> unfenceable;

private:
    FakeNodes& nodes_;
};

/// What gateways do in a handoff, without channels: each that is registered acknowledges.
class FakeGateways {
public:
    FakeGateways(membership::Znodes& znodes, membership::Scheduler& scheduler)
        : znodes_(znodes),
          scheduler_(scheduler),
          roster_(znodes, scheduler, "/gateways", [this] { look(); }),
          view_(znodes, scheduler, "/view", [this] { look(); }) {}

private:
    void look() {
        if (!view_.value() || !roster_.complete()) return;
        const auto record = decode_view_record(view_.value()->data);
        if (!record) return;
        for (const auto& [name, entry] : roster_.entries()) {
            if (const auto& proposal = record->proposal) {
                if (proposal->stage == Stage::prepare)
                    enter(proposal->next.number, "prepare", name);
            } else if (entered_.contains({record->in_force.number, "prepare", name})) {
                enter(record->in_force.number, "leave", name);
            }
        }
    }

    void enter(ViewNumber number, const std::string& stage, const std::string& name) {
        if (!entered_.insert({number, stage, name}).second) return;
        const std::string path =
            "/acks/" + std::to_string(static_cast<std::uint64_t>(number)) + "/" + stage;
        barriers_.emplace_back(znodes_, scheduler_, path);
        barriers_.back().enter(name, {});
    }

    membership::Znodes& znodes_;
    membership::Scheduler& scheduler_;
    std::set<std::tuple<ViewNumber, std::string, std::string>> entered_;
    std::deque<membership::Barrier> barriers_;
    membership::Roster roster_;
    membership::Configuration view_;
};

/// An ensemble in this process, an operator's client to it, and any number of coordinators each
/// with a session of its own.
class Cluster {
public:
    struct Seat {
        std::unique_ptr<membership::Znodes> znodes;
        std::unique_ptr<FakeNodes::From> control;
        std::unique_ptr<Coordinator> coordinator;
    };

    test::ManualScheduler scheduler;
    membership::InProcessEnsemble ensemble;
    FakeNodes nodes{scheduler};
    std::unique_ptr<membership::Znodes> operators = ensemble.attach(scheduler);
    std::optional<FakeGateways> gateways;
    std::map<int, Seat> seats;
    std::vector<std::string> requests;  ///< names, as they were given

    Cluster() {
        scheduler.run_ready();
        for (const auto path : {paths::nodes, paths::gateways, paths::requests}) {
            create(std::string(path), "", membership::Mode::persistent);
        }
        scheduler.run_ready();
        gateways.emplace(*operators, scheduler);
    }

    ~Cluster() {
        for (auto& [number, seat] : seats) seat.coordinator.reset();
        scheduler.run_ready();
    }

    void create(std::string path, std::string data,
                membership::Mode mode = membership::Mode::ephemeral) {
        operators->create(std::move(path), std::move(data), mode, [](auto, auto) {});
    }

    void set(std::string path, std::string data) {
        operators->set(std::move(path), std::move(data), membership::any_version,
                       [](auto, auto) {});
    }

    void remove(std::string path) {
        operators->remove(std::move(path), membership::any_version, [](auto) {});
    }

    void register_node(const std::string& id, std::uint16_t port) {
        NodeEntry entry;
        entry.id = id;
        entry.address = {"10.0.0.1", port};
        create("/nodes/" + id, encode(entry));
    }

    void say_as_gateway(const std::string& id, std::vector<std::string> unreachable = {}) {
        GatewayEntry entry;
        entry.id = id;
        entry.unreachable = std::move(unreachable);
        create("/gateways/g-" + id, encode(entry));
        set("/gateways/g-" + id, encode(entry));
    }

    void request(Request::Kind kind, const std::string& node) {
        operators->create(
            "/requests/r-ops.1-", encode(Request{.kind = kind, .node = node, .by = "eve", .at = 1}),
            membership::Mode::persistent_sequential, [this](auto error, const std::string& path) {
                ASSERT_FALSE(error);
                requests.push_back(path.substr(path.rfind('/') + 1));
            });
    }

    void start(int number, CoordinatorOptions options = {}) {
        Seat& seat = seats[number];
        seat.znodes = ensemble.attach(scheduler);
        auto log = std::make_shared<spdlog::logger>(
            "coordinator", std::make_shared<spdlog::sinks::null_sink_st>());
        seat.control = std::make_unique<FakeNodes::From>(nodes);
        seat.coordinator = make_coordinator(*seat.znodes, scheduler, *seat.control,
                                            "gw-" + std::to_string(number), options, log);
    }

    void stop(int number) {
        seats[number].coordinator.reset();
        seats[number].znodes.reset();
        seats.erase(number);
    }

    /// Like kill -9: its entries stay until its session expires.
    void crash(int number) {
        const std::int64_t session = seats[number].znodes->session().id;
        ensemble.suspend(*seats[number].znodes);
        stop(number);
        ghosts.push_back(session);
    }

    void expire_ghosts() {
        for (const std::int64_t session : ghosts) ensemble.expire(session);
        ghosts.clear();
    }

    std::vector<std::int64_t> ghosts;

    [[nodiscard]] std::size_t leaders() const {
        std::size_t count = 0;
        for (const auto& [number, seat] : seats)
            count += seat.coordinator->status().leading ? 1 : 0;
        return count;
    }

    [[nodiscard]] std::optional<ViewRecord> record() {
        std::optional<ViewRecord> record;
        operators->get("/view", {}, [&](std::error_code error, const std::string& data, auto) {
            if (error) return;
            if (auto decoded = decode_view_record(data)) record = *std::move(decoded);
        });
        scheduler.run_ready();
        return record;
    }

    [[nodiscard]] std::uint64_t number() {
        const auto now = record();
        return now ? static_cast<std::uint64_t>(now->in_force.number) : 0;
    }

    [[nodiscard]] Lines members() {
        Lines ids;
        if (const auto now = record()) {
            for (const auto& member : now->in_force.ring.members()) ids.push_back(member.id);
        }
        return ids;
    }

    [[nodiscard]] Lines children(const std::string& path) {
        Lines names;
        operators->children(path, {}, [&](std::error_code, Lines found, auto) { names = found; });
        scheduler.run_ready();
        std::ranges::sort(names, {}, [](const std::string& name) {
            return name.substr(name.size() - std::min<std::size_t>(name.size(), 10));
        });
        return names;
    }

    [[nodiscard]] std::vector<HistoryEntry> history() {
        std::vector<HistoryEntry> entries;
        for (const std::string& name : children("/history")) {
            operators->get("/history/" + name, {}, [&](auto, const std::string& data, auto) {
                if (auto entry = parse_history_entry(data)) entries.push_back(*entry);
            });
        }
        scheduler.run_ready();
        return entries;
    }
};

}  // namespace ringcast::router
