#pragma once

#include "routing.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace ringcast::router::test {

/// The routing machine with everything it does written down, one line for each action, and views
/// made of a few words. Links are numbered in the order in which members were first seen; the pin
/// puts each channel that matters where the test wants it.
class RoutingScript final : public RoutingActions {
public:
    explicit RoutingScript(RouterOptions with = {})
        : options(std::move(with)), routing(options, *this) {
        routing.announced_as("g-1");
    }

    /// A view of the members, with channels pinned to them.
    static View view(std::uint64_t number, const std::vector<std::string>& members,
                     ring::Pins pins = {}, std::uint16_t port = 1) {
        std::vector<ring::Member> named;
        for (const auto& id : members) named.push_back({.id = id, .weight = 100, .zone = {}});
        const auto ring = ring::Ring::genesis(named)->with_pins(std::move(pins));
        View view{ViewNumber{number}, *ring, {}};
        for (const auto& member : view.ring.members()) view.addresses.push_back({member.id, port});
        return view;
    }

    /// That view is in force, without a handoff.
    bool adopt(std::uint64_t number, const std::vector<std::string>& members, ring::Pins pins = {},
               std::uint16_t port = 1) {
        record.emplace(ViewRecord{view(number, members, std::move(pins), port), {}, {}});
        record->previous = ViewNumber{number - 1};
        return routing.follow(*record, now);
    }

    // A handoff, as the coordinator writes it.
    void propose(View next, std::uint32_t rate = 0) {
        record->proposal = ViewRecord::Proposal{std::move(next), Stage::prepare, rate};
        routing.follow(*record, now);
    }
    void begin_fencing(std::vector<std::string> acknowledged = {"g-1"}) {
        record->proposal->stage = Stage::fence;
        record->acknowledged = std::move(acknowledged);
        routing.follow(*record, now);
    }
    bool commit() {
        record->previous = record->in_force.number;
        record->in_force = record->proposal->next;
        record->proposal.reset();
        return routing.follow(*record, now);
    }
    void drop_proposal() {
        record->last = record->proposal->next.number;
        record->proposal.reset();
        routing.follow(*record, now);
    }

    void subscribe(ListenerId listener, const std::string& channel) {
        routing.subscribe(
            listener, channel, [](auto) {}, now);
    }
    void publish(const std::string& channel, const std::string& payload) {
        routing.publish(
            channel, payload,
            [this, payload](boost::system::error_code error) {
                said.push_back(payload + ": " + (error ? error.message() : "ok"));
            },
            now);
    }
    void message(LinkId link, std::string_view channel, std::string_view payload,
                 std::uint64_t after = 0) {
        routing.message(link, channel, payload, ViewNumber{after});
    }
    void answer(LinkId link, PublishAnswer answer) { routing.answered(link, answer, now); }
    void accept(LinkId link) { answer(link, {.kind = PublishAnswer::Kind::accepted}); }
    void advance(Clock::duration by) {
        now += by;
        routing.tick(now);
    }

    /// What was done since the last call.
    std::vector<std::string> done() {
        if (routing.wants_flush()) routing.flush(now);
        return std::exchange(said, {});
    }

    // RoutingActions
    void open_link(LinkId link, const std::string& member, const Address&) override {
        said.push_back("open " + text(link) + " " + member);
    }
    void close_link(LinkId link) override { said.push_back("close " + text(link)); }
    void subscribe(LinkId link, const SharedText& channel, Pace) override {
        said.push_back("subscribe " + text(link) + " " + *channel);
    }
    void unsubscribe(LinkId link, const SharedText& channel, Pace) override {
        said.push_back("unsubscribe " + text(link) + " " + *channel);
    }
    void end_bulk() override {}
    void publish(LinkId link, ViewNumber view, std::span<const Publication> batch) override {
        std::string line = "publish " + text(link) + " by " +
                           std::to_string(static_cast<std::uint64_t>(view)) + ":";
        for (const Publication& one : batch) line += " " + one.payload.substr(1);
        said.push_back(line);
    }
    void subscribed(ListenerId listener, const SharedText& channel, Router::Handler,
                    boost::system::error_code error) override {
        said.push_back("confirm " + std::to_string(listener) + " " + *channel +
                       (error ? ": " + error.message() : ""));
    }
    void published(Router::Handler handler, boost::system::error_code error) override {
        handler(error);
    }
    void acknowledge(ViewNumber view, Acknowledgement what) override {
        said.push_back((what == Acknowledgement::prepare ? "prepared " : "all left ") +
                       std::to_string(static_cast<std::uint64_t>(view)));
    }
    void read_view(LinkId link) override { said.push_back("read view " + text(link)); }
    void deliver(Listeners to, const SharedText& channel, std::string_view payload) override {
        said.push_back("deliver " + std::to_string(to) + " " + *channel + " " +
                       std::string(payload));
    }
    void gap(Listeners to, const SharedText& channel) override {
        said.push_back("gap " + std::to_string(to) + " " + *channel);
    }

    static std::string text(LinkId link) { return "L" + std::to_string(index_of(link)); }

    RouterOptions options;
    Clock::time_point now{};
    std::vector<std::string> said;
    std::optional<ViewRecord> record;  // as it stands
    Routing routing;
};

using Lines = std::vector<std::string>;

inline constexpr LinkId L0{0};
inline constexpr LinkId L1{1};
inline constexpr LinkId L2{2};

}  // namespace ringcast::router::test
