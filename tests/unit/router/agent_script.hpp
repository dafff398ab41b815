#pragma once

#include "agent_machine.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace ringcast::router {

using namespace std::chrono_literals;
using namespace agent_event;
using membership::SessionState;
namespace action = agent_action;

/// An agent on a hand-turned clock; `last` holds what it asked for in the latest step.
struct Agent {
    AgentOptions options = [] {
        AgentOptions made;
        made.node.id = "redis-1";
        made.node.address = {"127.0.0.1", 7001};
        made.node.instance = "aaaa";
        return made;
    }();
    AgentMachine machine{options};
    AgentMachine::Time now{1h};
    std::vector<AgentAction> last;
    /// What ZooKeeper says whenever it is asked: that nothing changed, unless it is away.
    bool zookeeper = true;
    std::set<std::string> members_that_answer;
    ViewNumber told{3};  ///< ... under which number

    void tell(const AgentEvent& event) {
        last = machine.on(event, now);
        answer(0);
    }

    /// What others say to what was asked from there on.
    void answer(std::size_t from) {
        for (auto at = from; at < last.size(); ++at) {
            const auto and_then = [&](const AgentEvent& event) {
                for (auto& asked : machine.on(event, now)) last.push_back(std::move(asked));
            };
            if (const auto* view = std::get_if<action::AskView>(&last[at]); view && zookeeper) {
                and_then(ViewConfirmed{view->asked});
            } else if (const auto* members = std::get_if<action::AskMembers>(&last[at])) {
                const auto asked = members->asked;
                for (const auto& id : members_that_answer)
                    and_then(MemberAnswered{asked, id, told});
            }
        }
    }

    /// Lets time pass, with a tick at each deadline; `last` collects all that was asked meanwhile.
    void pass(std::chrono::milliseconds time) {
        const auto until = now + time;
        last.clear();
        while (machine.deadline() && *machine.deadline() <= until) {
            now = std::max(now, *machine.deadline());
            const auto before = last.size();
            for (auto& asked : machine.on(Tick{}, now)) last.push_back(std::move(asked));
            answer(before);
        }
        now = until;
    }

    template <typename Wanted>
    const Wanted* asked() const {
        const Wanted* found = nullptr;
        for (const auto& each : last) {
            if (const auto* wanted = std::get_if<Wanted>(&each)) found = wanted;
        }
        return found;
    }

    template <typename Wanted>
    int count() const {
        int found = 0;
        for (const auto& each : last) found += std::holds_alternative<Wanted>(each) ? 1 : 0;
        return found;
    }

    /// One of three members, by view 3.
    static ViewKnown membership() {
        return {.fence = ViewNumber{3},
                .stamp = ViewNumber{3},
                .record = "record",
                .voters = {{"own", "b", "c"}},
                .member = true,
                .removal = {}};
    }
    /// It is to be removed as dead.
    static ViewKnown announcement(std::uint64_t number = 4) {
        ViewKnown known = membership();
        known.stamp = known.removal = ViewNumber{number};
        return known;
    }
    /// It is not any more.
    static ViewKnown lifted(std::uint64_t number = 5) {
        ViewKnown known = membership();
        known.stamp = ViewNumber{number};
        return known;
    }

    void serve(const ViewKnown& known = membership()) {
        tell(Started{});
        tell(SessionChanged{SessionState::connected});
        tell(known);
        tell(Connected{"7.0.15", "run-1", redis_time()});
        tell(Kept{redis_time()});
        tell(FenceRestored{});
        tell(ScriptLoaded{});
    }

    /// The clock of Redis is a day ahead.
    [[nodiscard]] std::chrono::milliseconds redis_time() const {
        return std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch() + 24h);
    }
    /// By the same clock as `now`, when the lease ends that was asked for last.
    [[nodiscard]] AgentMachine::Time lease_until() const {
        return AgentMachine::Time(asked<action::Keep>()->lease_until - 24h);
    }
    [[nodiscard]] bool renews() const {
        return asked<action::Keep>() != nullptr && asked<action::Keep>()->renew_lease;
    }
};

}  // namespace ringcast::router
