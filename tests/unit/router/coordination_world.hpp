#pragma once

#include "coordination.hpp"
#include "ringcast/membership/errc.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace ringcast::router::detail {

/// What the znodes of a cluster hold, and which addresses answer a probe.
struct World {
    std::map<std::string, std::string> nodes;
    std::map<std::string, std::string> gateways;
    std::vector<std::pair<std::string, std::string>> queue;
    std::optional<ViewRead> view;
    std::vector<std::string> history;
    std::set<std::string> silent;   ///< addresses that do not answer
    bool silent_have_ended = true;  ///< ... since nothing listens there
    std::map<std::string, std::string> yields;
    std::set<std::string> unfenceable;  ///< addresses that answer probes and nothing else
    std::optional<std::string> config;
    std::map<std::uint64_t, std::map<AckStage, Names>> acks;
    std::set<std::string> stalled;  ///< gateways that acknowledge nothing
    /// By address: fenced by a handoff, before its view was in force. Telling a view fences, too.
    std::map<std::string, std::uint64_t> fences;
    std::map<std::string, std::uint64_t> told_of_view;  ///< likewise
    std::vector<std::uint64_t> numbers;  ///< of each view proposed or written at once, in order
    Moment now{Time{} + std::chrono::hours(1), 1'000'000};
    std::int64_t transactions = 0;
    int requests = 0;

    void register_node(const std::string& id, int port, std::uint32_t weight = 100) {
        NodeEntry entry{.id = id,
                        .address = {"10.0.0.1", static_cast<std::uint16_t>(port)},
                        .weight = weight,
                        .zone = {},
                        .version = {},
                        .instance = {},
                        .load = {.messages_per_second = 0}};
        nodes[id] = encode(entry);
    }

    void register_gateway(const std::string& id, std::vector<std::string> unreachable = {}) {
        GatewayEntry entry;
        entry.id = id;
        entry.unreachable = std::move(unreachable);
        gateways["g-" + id] = encode(entry);
    }

    std::string request(Request::Kind kind, const std::string& node) {
        return request(Request{.kind = kind, .node = node, .by = "eve", .at = 7});
    }

    std::string request(const Request& wanted) {
        std::string name = "r-" + std::to_string(requests++);
        queue.emplace_back(name, encode(wanted));
        return name;
    }

    void set_load(const std::string& id, std::uint64_t messages_per_second) {
        NodeEntry entry = parse_node_entry(id, nodes.at(id)).value();
        entry.load.messages_per_second = messages_per_second;
        nodes[id] = encode(entry);
    }

    /// What the gateways do upon the record: all that are not stalled acknowledge at once.
    void acknowledge() {
        if (!view || view->bytes.empty()) return;
        const auto held = decode_view_record(view->bytes);
        if (!held) return;
        for (const auto& [name, data] : gateways) {
            if (stalled.contains(name)) continue;
            if (held->proposal && held->proposal->stage == Stage::prepare) {
                acks[static_cast<std::uint64_t>(held->proposal->next.number)][AckStage::prepare]
                    .insert(name);
            } else if (!held->proposal) {
                const auto at = acks.find(static_cast<std::uint64_t>(held->in_force.number));
                if (at == acks.end() || !at->second[AckStage::prepare].contains(name)) continue;
                at->second[AckStage::leave].insert(name);
            }
        }
    }

    std::error_code write(std::string bytes, std::optional<std::int32_t> version) {
        if (version.has_value() != view.has_value()) {
            return view ? membership::Errc::node_exists : membership::Errc::no_node;
        }
        if (view && *version != view->version) return membership::Errc::bad_version;
        std::optional<ViewRecord> before;
        if (view && decode_view_record(view->bytes)) before = record();
        view = ViewRead{std::move(bytes), view ? view->version + 1 : 0, ++transactions};
        const ViewRecord held = record();
        if (before) expect_half_knew(*before, held);
        const auto latest = static_cast<std::uint64_t>(held.proposal ? held.proposal->next.number
                                                                     : held.in_force.number);
        if (numbers.empty() || numbers.back() != latest) numbers.push_back(latest);
        acknowledge();
        return {};
    }

    /// Who the members are changes only when half of those until then know that it is about to, or
    /// have ended; of a removal, half of the others. Else an agent that is cut off could find most
    /// of them to vouch for what was before.
    void expect_half_knew(const ViewRecord& before, const ViewRecord& after) const {
        const View& former = before.in_force;
        const bool vouched = config && config->find("100") != std::string::npos;
        if (former.addresses.size() == 1 || vouched) return;
        const bool handed_over =
            before.proposal && before.proposal->next.number == after.in_force.number;
        for (ring::MemberIndex i = 0; i != former.addresses.size(); ++i) {
            const std::string& id = former.ring.members()[i].id;
            const auto now_at = after.in_force.ring.find(id);
            const bool stays = now_at && after.in_force.address_of(*now_at) == former.address_of(i);
            if (stays && (!handed_over || former.addresses == after.in_force.addresses)) continue;
            auto number = static_cast<std::uint64_t>(after.in_force.number);
            for (const auto& removal : before.removals) {
                if (!handed_over && removal.member == id) {
                    number = static_cast<std::uint64_t>(removal.number);
                }
            }
            std::size_t know = 0;
            for (const Address& address : former.addresses) {
                if (!handed_over && address == former.address_of(i)) continue;
                const auto told = told_of_view.find(address.text());
                const bool ended = silent_have_ended && silent.contains(address.text());
                if (ended || (told != told_of_view.end() && told->second >= number)) ++know;
            }
            EXPECT_GE(know * 2, former.addresses.size())
                << "number " << number << ", member " << id;
        }
    }

    [[nodiscard]] ViewRecord record() const { return decode_view_record(view->bytes).value(); }

    [[nodiscard]] std::vector<std::string> members() const {
        std::vector<std::string> ids;
        const ViewRecord now_held = record();
        for (const auto& member : now_held.in_force.ring.members()) ids.push_back(member.id);
        return ids;
    }

    [[nodiscard]] std::uint64_t number() const {
        return static_cast<std::uint64_t>(record().in_force.number);
    }

    /// "add redis-4 done view=2", one line for each entry.
    [[nodiscard]] std::vector<std::string> told() const {
        std::vector<std::string> lines;
        for (const std::string& data : history) {
            const HistoryEntry entry = parse_history_entry(data).value();
            lines.push_back(entry.what + (entry.node.empty() ? "" : " " + entry.node) +
                            (entry.done ? " done" : " refused") +
                            " view=" + std::to_string(entry.view));
        }
        return lines;
    }
};

/// A machine, and a shell around it that obeys at once in this world. It can be told to die after a
/// number of actions that change or ask something.
class Player {
public:
    explicit Player(World& world, CoordinatorOptions options = {})
        : machine(options), world_(world) {}

    Coordination machine;
    std::vector<std::string> said;
    std::vector<Action> done;              ///< all but `Wake` and `Say`
    std::optional<std::size_t> lives_for;  ///< so many of them
    std::set<std::string> cut_off_from;    ///< addresses that this one does not reach
    bool is_next = true;                   ///< when it steps aside: nobody else stands

    [[nodiscard]] bool dead() const { return lives_for && done.size() >= *lives_for; }

    void lead() {
        take(machine.lead(world_.now));
        tell();
    }

    /// Everything as the world is now.
    void tell() {
        take(machine.nodes(world_.now, world_.nodes));
        take(machine.gateways(world_.now, world_.gateways));
        take(machine.yields(world_.now, world_.yields));
        take(machine.requests(world_.now, world_.queue));
        take(machine.settings(world_.now, world_.config));
        world_.acknowledge();
        tell_acks();
    }

    void tell_acks() {
        const ViewNumber number = awaited_;
        for (const AckStage stage : {AckStage::prepare, AckStage::leave}) {
            Names entered;
            const auto of = world_.acks.find(static_cast<std::uint64_t>(number));
            if (of != world_.acks.end()) entered = of->second[stage];
            take(machine.acknowledged(world_.now, number, stage, std::move(entered)));
        }
        take(machine.acks_seen(world_.now, world_.acks.size()));
    }

    void advance(std::chrono::milliseconds by) {
        const Time end = world_.now.clock + by;
        while (!dead() && wake_ && *wake_ <= end) {
            world_.now.clock = std::max(world_.now.clock, *wake_);
            wake_.reset();
            take(machine.tick(world_.now));
        }
        world_.now.clock = std::max(end, world_.now.clock);
    }

    void take(Actions actions) {
        for (Action& action : actions) todo_.push_back(std::move(action));
        while (!todo_.empty() && !dead()) {
            const Action action = std::move(todo_.front());
            todo_.pop_front();
            Actions more = std::visit([this](const auto& what) { return obey(what); }, action);
            if (!std::holds_alternative<Wake>(action) && !std::holds_alternative<Say>(action)) {
                done.push_back(action);
            }
            for (Action& next : more) todo_.push_back(std::move(next));
            // Gateways acknowledge by themselves, once everything else has been obeyed.
            if (todo_.empty() && std::exchange(tell_acks_, false)) tell_acks();
            if (todo_.empty() && std::exchange(lead_again_, false)) lead();
        }
    }

    template <typename Kind>
    [[nodiscard]] std::size_t count() const {
        std::size_t count = 0;
        for (const Action& action : done) count += std::holds_alternative<Kind>(action) ? 1 : 0;
        return count;
    }

    bool slow_gateways = false;     ///< `ReadGateways` is answered by hand
    bool queue_told_first = false;  ///< without a request before it is answered that it has gone
    std::error_code write_error;    ///< of the next write, which is not carried out

private:
    Actions obey(const ReadView&) { return machine.view_read(world_.now, world_.view); }
    Actions obey(const ReadHistory&) { return machine.history_read(world_.now, world_.history); }

    Actions obey(const WriteView& write) {
        std::error_code error = std::exchange(write_error, {});
        if (!error) error = world_.write(encode(write.record), write.version);
        tell_acks_ = true;
        return machine.view_written(world_.now, error, world_.view ? world_.view->version : 0);
    }

    Actions obey(const ReadGateways&) {
        if (slow_gateways) return {};
        return machine.gateways_read(world_.now, world_.gateways);
    }

    Actions obey(const AwaitAcks& acks) {
        awaited_ = acks.number;
        tell_acks_ = true;
        return {};
    }

    Actions obey(const SweepAcks&) {
        const std::size_t found = world_.acks.size();
        world_.acks.clear();
        return machine.acks_swept(world_.now, {}, found);
    }

    Actions obey(const InformNode& what) {
        const std::string address = what.address.text();
        if (world_.silent.contains(address) || world_.unfenceable.contains(address) ||
            cut_off_from.contains(address)) {
            return machine.informed(world_.now, what, membership::Errc::unavailable);
        }
        auto& fence = world_.fences[address];
        EXPECT_LE(what.fence, what.view);
        if (what.fence > world_.record().in_force.number) {
            fence = std::max(fence, static_cast<std::uint64_t>(what.fence));
            EXPECT_TRUE(decode_view_record(*what.record)->proposal) << "not as if it were in force";
        }
        auto& told = world_.told_of_view[address];
        told = std::max(told, static_cast<std::uint64_t>(what.view));
        EXPECT_TRUE(decode_view_record(*what.record));
        return machine.informed(world_.now, what, {});
    }

    Actions obey(const AppendHistory& append) {
        world_.history.push_back(encode(append.entry));
        return machine.history_appended(world_.now, {});
    }

    Actions obey(const FinishRequest& finish) {
        std::erase_if(world_.queue, [&](const auto& item) { return item.first == finish.name; });
        Actions out;
        if (queue_told_first) out = machine.requests(world_.now, world_.queue);
        std::ranges::move(machine.request_finished(world_.now, {}), std::back_inserter(out));
        return out;
    }

    Actions obey(const ProbeNode& probe) {
        if (cut_off_from.contains(probe.address.text())) {
            return machine.probed(world_.now, probe.node, probe.address, ProbeOutcome::silent);
        }
        const ProbeOutcome silent =
            world_.silent_have_ended ? ProbeOutcome::refused : ProbeOutcome::silent;
        return machine.probed(
            world_.now, probe.node, probe.address,
            world_.silent.contains(probe.address.text()) ? silent : ProbeOutcome::answered);
    }

    Actions obey(const StepAside&) {
        machine.resign();
        lead_again_ = is_next;
        return {};
    }

    Actions obey(const Wake& wake) {
        wake_ = wake.at;
        return {};
    }

    Actions obey(const Say& say) {
        said.push_back(say.text);
        return {};
    }

    World& world_;
    std::deque<Action> todo_;
    std::optional<Time> wake_;
    ViewNumber awaited_{};
    bool tell_acks_ = false;
    bool lead_again_ = false;
};

/// Three nodes and two gateways; `found` makes the first view, too.
class CoordinationTest : public testing::Test {
protected:
    World world;
    Player player{world};

    CoordinationTest() {
        for (int i = 1; i <= 3; ++i) world.register_node("redis-" + std::to_string(i), 7000 + i);
        world.register_gateway("gw-1");
        world.register_gateway("gw-2");
    }

    void found() {
        player.lead();
        player.advance(std::chrono::seconds(2));
        ASSERT_EQ(world.number(), 1U);
        player.done.clear();
    }

    void die(const std::string& id, int port) {
        world.nodes.erase(id);
        world.silent.insert("10.0.0.1:" + std::to_string(port));
    }

    void complain(const std::vector<std::string>& of) {
        world.register_gateway("gw-1", of);
        world.register_gateway("gw-2", of);
    }

    void tell_and_wait(std::chrono::milliseconds time) {
        player.tell();
        player.advance(time);
    }
};

}  // namespace ringcast::router::detail
