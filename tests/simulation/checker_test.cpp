#include "checker.hpp"

#include "setup.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace ringcast::simulation {
namespace {

using Kind = Event::Kind;

/// A made-up history of one channel, with subscribers 1 and 2, nodes 1 and 2. Messages 1 to 99 are
/// those of publisher 1, from 100 on those of publisher 2.
class Tale {
public:
    Tale& publishes(std::uint32_t number) { return add(Kind::published, 1, number); }
    Tale& answers(std::uint32_t number, Answer answer = Answer::published) {
        add(Kind::answered, 1, number);
        events_.back().answer = answer;
        return *this;
    }
    Tale& accepts(std::uint32_t node, std::uint32_t number, std::uint64_t view) {
        add(Kind::accepted, node, number);
        events_.back().view = view;
        return *this;
    }
    Tale& fences(std::uint32_t node, std::uint64_t view) {
        return at_view(Kind::fenced, node, view);
    }
    Tale& restarts(std::uint32_t node) { return at_view(Kind::restarted, node, 0); }
    Tale& confirms(std::uint32_t subscriber) { return add(Kind::confirmed, subscriber, 0); }
    Tale& is_refused(std::uint32_t subscriber) { return add(Kind::failed, subscriber, 0); }
    Tale& gives_up(std::uint32_t subscriber) { return add(Kind::given_up, subscriber, 0); }
    Tale& hears(std::uint32_t subscriber, std::uint32_t number) {
        return add(Kind::delivered, subscriber, number);
    }
    Tale& doubts(std::uint32_t subscriber) { return add(Kind::doubted, gateway_of(subscriber), 0); }
    Tale& is_sure(std::uint32_t subscriber) { return add(Kind::sure, gateway_of(subscriber), 0); }
    Tale& is_told_a_gap(std::uint32_t subscriber) {
        return doubts(subscriber).hears_of_a_gap(subscriber).is_sure(subscriber);
    }
    Tale& hears_of_a_gap(std::uint32_t subscriber) { return add(Kind::gap, subscriber, 0); }

    /// Published, accepted and answered, without a fault.
    Tale& takes(std::uint32_t node, std::uint32_t number, std::uint64_t view = 1) {
        return publishes(number).accepts(node, number, view).answers(number);
    }

    /// The rules that it breaks.
    [[nodiscard]] std::set<Rule> broken(Judgement judgement = {}) const {
        History history;
        for (const Event& event : events_) history.add(event);
        std::set<Rule> rules;
        for (const Violation& violation : judge(history, judgement)) rules.insert(violation.rule);
        return rules;
    }

private:
    Tale& add(Kind kind, std::uint32_t who, std::uint32_t number) {
        Event event;
        event.kind = kind;
        event.who = who;
        event.message = {1, number < 100 ? 1U : 2U, number};
        events_.push_back(std::move(event));
        return *this;
    }
    Tale& at_view(Kind kind, std::uint32_t who, std::uint64_t view) {
        add(kind, who, 0);
        events_.back().view = view;
        return *this;
    }

    std::vector<Event> events_;
};

using Rules = std::set<Rule>;

TEST(CheckerTest, ItHasNothingToSayAgainstAHistoryAsItShouldBe) {
    Tale tale;
    tale.confirms(1).confirms(2).takes(1, 1).hears(1, 1).hears(2, 1);
    tale.fences(1, 2).takes(2, 2, 2).hears(2, 2).hears(1, 2).gives_up(1).takes(2, 3, 2).hears(2, 3);
    EXPECT_EQ(tale.broken({.complete = true, .undisturbed = true}), Rules{});
}

TEST(CheckerTest, WhatNoNodeAcceptedIsInvented) {
    EXPECT_EQ(Tale().confirms(1).publishes(1).answers(1, Answer::unknown).hears(1, 1).broken(),
              Rules{Rule::invented});
}

TEST(CheckerTest, WhatIsAcceptedWithoutBeingPublishedIsInvented) {
    EXPECT_TRUE(Tale().accepts(1, 1, 1).broken().contains(Rule::invented));
}

TEST(CheckerTest, WhatIsHeardBeforeItIsAcceptedIsInvented) {
    EXPECT_EQ(Tale().confirms(1).publishes(1).hears(1, 1).accepts(1, 1, 1).answers(1).broken(),
              Rules{Rule::invented});
}

TEST(CheckerTest, NothingIsAcceptedTwice) {
    EXPECT_EQ(Tale().publishes(1).accepts(1, 1, 1).accepts(1, 1, 1).answers(1).broken(),
              Rules{Rule::twice});
}

TEST(CheckerTest, NothingIsHeardTwiceAlsoNotAfterAGapOrInTheNextSubscription) {
    EXPECT_EQ(Tale().confirms(1).takes(1, 1).hears(1, 1).hears(1, 1).broken(), Rules{Rule::twice});
    EXPECT_EQ(Tale().confirms(1).takes(1, 1).hears(1, 1).is_told_a_gap(1).hears(1, 1).broken(),
              Rules{Rule::twice});
    EXPECT_EQ(
        Tale().confirms(1).takes(1, 1).hears(1, 1).gives_up(1).confirms(1).hears(1, 1).broken(),
        Rules{Rule::twice});
}

TEST(CheckerTest, WhoIsNotSubscribedHearsNothing) {
    EXPECT_EQ(Tale().takes(1, 1).hears(1, 1).broken(), Rules{Rule::unasked});
    EXPECT_EQ(Tale().is_told_a_gap(1).confirms(1).broken(), Rules{Rule::unasked});
    EXPECT_EQ(Tale().confirms(1).confirms(1).broken(), Rules{Rule::unasked});
    EXPECT_EQ(Tale().confirms(1).gives_up(1).takes(1, 1).hears(1, 1).broken(),
              Rules{Rule::unasked});
}

TEST(CheckerTest, EverybodyHearsInTheOrderInWhichNodesAccepted) {
    Tale tale;
    tale.confirms(1).confirms(2).takes(1, 1).takes(2, 100, 2);
    EXPECT_EQ(Tale(tale).hears(1, 1).hears(1, 100).hears(2, 1).hears(2, 100).broken(), Rules{});
    EXPECT_EQ(Tale(tale).hears(1, 1).hears(1, 100).hears(2, 100).hears(2, 1).broken(),
              Rules{Rule::one_order});
    EXPECT_EQ(Tale(tale).hears(1, 100).hears(1, 1).hears(2, 100).hears(2, 1).broken(),
              Rules{Rule::one_order})
        << "all alike, and all wrong";
}

TEST(CheckerTest, APublishersOrderIsKeptByNodesAndBySubscribers) {
    EXPECT_EQ(Tale()
                  .publishes(1)
                  .publishes(2)
                  .accepts(1, 2, 1)
                  .accepts(1, 1, 1)
                  .answers(1)
                  .answers(2)
                  .broken(),
              Rules{Rule::publisher_order});
    EXPECT_TRUE(
        Tale().confirms(1).takes(1, 1).takes(1, 2).hears(1, 2).hears(1, 1).broken().contains(
            Rule::publisher_order));
}

TEST(CheckerTest, AFailedPublishHasNoPlaceInTheOrder) {
    EXPECT_EQ(Tale()
                  .publishes(1)
                  .answers(1, Answer::unknown)
                  .publishes(2)
                  .accepts(1, 2, 1)
                  .answers(2)
                  .accepts(1, 1, 1)
                  .broken(),
              Rules{});
}

TEST(CheckerTest, WhatIsNeverHeardIsLostUnlessAGapIsTold) {
    EXPECT_EQ(Tale().confirms(1).takes(1, 1).broken(), Rules{Rule::loss});
    EXPECT_EQ(Tale().confirms(1).takes(1, 1).is_told_a_gap(1).broken(), Rules{});
    EXPECT_EQ(Tale().confirms(1).is_told_a_gap(1).takes(1, 1).broken(), Rules{Rule::loss});
}

TEST(CheckerTest, ALossIsToldBeforeAnythingThatWasAcceptedLater) {
    EXPECT_EQ(Tale().confirms(1).takes(1, 1).takes(1, 2).hears(1, 2).is_told_a_gap(1).broken(),
              Rules{Rule::loss});
    EXPECT_EQ(Tale().confirms(1).takes(1, 1).takes(1, 2).is_told_a_gap(1).hears(1, 2).broken(),
              Rules{});
    EXPECT_EQ(Tale().confirms(1).takes(1, 1).takes(1, 100).hears(1, 100).is_told_a_gap(1).broken(),
              Rules{Rule::loss})
        << "whoever published it";
    EXPECT_EQ(Tale().confirms(1).takes(1, 1).takes(1, 100).hears(1, 100).gives_up(1).broken(),
              Rules{Rule::loss})
        << "whoever gives up later";
}

TEST(CheckerTest, WhatIsStillUnderWayIsNotLost) {
    EXPECT_EQ(Tale().confirms(1).takes(1, 1).broken({.complete = false}), Rules{});
    EXPECT_EQ(Tale().confirms(1).takes(1, 1).takes(1, 2).hears(1, 2).broken({.complete = false}),
              Rules{Rule::loss});
    EXPECT_EQ(Tale().confirms(1).takes(1, 1).gives_up(1).broken(), Rules{});
}

TEST(CheckerTest, AnAnswerIsTrue) {
    EXPECT_EQ(Tale().publishes(1).answers(1).broken(), Rules{Rule::false_answer});
    EXPECT_EQ(Tale().publishes(1).accepts(1, 1, 1).answers(1, Answer::not_taken).broken(),
              Rules{Rule::false_answer});
    EXPECT_EQ(Tale().publishes(1).accepts(1, 1, 1).answers(1, Answer::unknown).broken(), Rules{});
}

TEST(CheckerTest, APublishIsAnsweredOnce) {
    EXPECT_EQ(Tale().takes(1, 1).answers(1).broken(), Rules{Rule::answers});
    EXPECT_EQ(Tale().publishes(1).accepts(1, 1, 1).broken(), Rules{Rule::answers});
    EXPECT_EQ(Tale().publishes(1).accepts(1, 1, 1).broken({.complete = false}), Rules{});
}

TEST(CheckerTest, OneNodeAcceptsByOneView) {
    EXPECT_EQ(Tale().takes(1, 1, 1).takes(2, 2, 1).broken(), Rules{Rule::authority});
}

TEST(CheckerTest, AFormerOwnerAcceptsNothingAfterTheNext) {
    EXPECT_EQ(Tale().takes(2, 1, 2).takes(1, 2, 1).broken(), Rules{Rule::authority});
    EXPECT_EQ(Tale().takes(1, 1, 2).takes(1, 2, 1).broken(), Rules{});  // the owner is the same
}

TEST(CheckerTest, NobodyIsExcusedBecauseHeWasTakenForDead) {
    EXPECT_EQ(Tale().confirms(1).takes(2, 1, 2).hears(1, 1).is_told_a_gap(1).takes(1, 2, 1).broken(
                  {.complete = true}),
              (Rules{Rule::authority, Rule::loss}));
}

TEST(CheckerTest, AFencedNodeAcceptsNothingByAnEarlierView) {
    EXPECT_EQ(Tale().fences(1, 2).takes(1, 1, 1).broken(), Rules{Rule::authority});
    EXPECT_EQ(Tale().fences(1, 2).fences(1, 1).takes(1, 1, 1).broken(), Rules{Rule::authority});
    EXPECT_EQ(Tale().fences(1, 2).restarts(1).takes(1, 1, 1).broken(), Rules{});
}

TEST(CheckerTest, AGapIsToldOnlyWhereThereIsReasonTo) {
    EXPECT_EQ(Tale().confirms(1).hears_of_a_gap(1).broken(), Rules{Rule::needless});
    EXPECT_EQ(Tale().confirms(1).doubts(2).hears_of_a_gap(1).broken(), Rules{Rule::needless});
    EXPECT_EQ(Tale().confirms(1).doubts(1).is_sure(1).hears_of_a_gap(1).broken(),
              Rules{Rule::needless});
    EXPECT_EQ(Tale().doubts(1).confirms(1).hears_of_a_gap(1).hears_of_a_gap(1).broken(), Rules{});
}

TEST(CheckerTest, WhereNothingGoesWrongNobodyNoticesAnything) {
    const Judgement calm{.complete = true, .undisturbed = true};
    EXPECT_EQ(Tale().confirms(1).is_told_a_gap(1).broken(calm), Rules{Rule::disturbed});
    EXPECT_EQ(Tale().publishes(1).answers(1, Answer::not_taken).broken(calm),
              Rules{Rule::disturbed});
    EXPECT_EQ(Tale().is_refused(1).broken(calm), Rules{Rule::disturbed});
    EXPECT_EQ(Tale().is_refused(1).broken(), Rules{});
}

}  // namespace
}  // namespace ringcast::simulation
