#pragma once

#include "routing_script.hpp"

#include <gmock/gmock.h>

#include <string>
#include <utility>

namespace ringcast::router::test {

/// `room` moves from member a (link L0) to b (L1); `yard` and `court` stay on a, `hall` on b.
class HandoffTest : public testing::Test {
protected:
    HandoffTest() {
        script.adopt(1, {"a", "b"}, pins("a"));
        script.routing.publishing_up(L0);
        script.routing.publishing_up(L1);
        (void)script.done();
    }

    static ring::Pins pins(const std::string& room) {
        return {{"room", room}, {"yard", "a"}, {"court", "a"}, {"hall", "b"}};
    }
    static View to_b(std::uint64_t number = 2) {
        return RoutingScript::view(number, {"a", "b"}, pins("b"));
    }

    void subscribe_all() {
        for (const auto& [channel, link] : {std::pair{"room", L0}, {"yard", L0}, {"hall", L1}}) {
            script.subscribe(0, channel);
            script.routing.subscribed(link, channel, script.now);
        }
        (void)script.done();
    }
    /// Everybody subscribed, prepared and acknowledged.
    void prepare() {
        subscribe_all();
        script.propose(to_b());
        script.routing.subscribed(L1, "room", script.now);
        EXPECT_THAT(script.done(), testing::Contains("prepared 2"));
    }
    /// The record tells who had acknowledged, and the former owner says its marker.
    void fence() {
        if (script.record->proposal) script.begin_fencing();
        only_the_marker();
    }
    void only_the_marker() { script.routing.fenced(L0, ViewNumber{2}, script.now); }

    RoutingScript script;
};

}  // namespace ringcast::router::test
