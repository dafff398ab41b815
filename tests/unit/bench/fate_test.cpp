#include "fate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringcast::bench {
namespace {

using testing::HasSubstr;
using testing::Not;
using Stage = Fate::Stage;

const Fate change_done{Stage::done, "r-1", "h-1", ""};

TEST(FateTest, WhatWasNotAskedForOrWasRefusedLeavesTheRingAsItWas) {
    for (const Fate& change : {Fate{}, Fate{Stage::refused, "r-1", "h-1", ""}}) {
        EXPECT_EQ(text_of(change, {}), "the ring is as it was") << "and nothing to be taken back";
    }
}

TEST(FateTest, WhatMayBeInTheQueueIsNotCalledNothing) {
    const Fate unsure{Stage::unsure, "", "", "it may be in the queue or not"};

    EXPECT_THAT(text_of(unsure, {}), HasSubstr("it may be in the queue or not"));
    EXPECT_THAT(text_of(change_done, unsure), HasSubstr("it may be in the queue or not"));
    EXPECT_THAT(text_of(change_done, unsure), HasSubstr("the ring is changed (r-1)"));
}

TEST(FateTest, WhatIsUnderWayIsTakenBackByTheNameOfItsRequest) {
    const Fate asked{Stage::asked, "r-1", "", "`ringcastctl cancel r-1` takes it back"};

    EXPECT_THAT(text_of(asked, {}), HasSubstr("cancel r-1"));
    EXPECT_THAT(text_of(asked, {}), Not(HasSubstr("undo")));
}

/// A nameless undo would be of the change that another operator made before.
TEST(FateTest, WhatIsDoneIsTakenBackByTheNameOfItsEntry) {
    EXPECT_THAT(text_of(change_done, {}), HasSubstr("`ringcastctl undo h-1`"));
    EXPECT_THAT(text_of(change_done, {Stage::refused, "r-2", "h-2", ""}),
                HasSubstr("`ringcastctl undo h-1`"));
}

TEST(FateTest, AnUndoThatGoesOnIsOnlyToBeWatched) {
    const std::string text = text_of(change_done, {Stage::asked, "r-2", "", "cancel r-2"});

    EXPECT_THAT(text, HasSubstr("(r-1), and r-2"));
    EXPECT_THAT(text, HasSubstr("`ringcastctl watch`"));
    EXPECT_THAT(text, Not(HasSubstr("cancel")));
    EXPECT_THAT(text, Not(HasSubstr("undo")));
}

TEST(FateTest, WhatWasTakenBackLeavesTheRingAsItWas) {
    EXPECT_THAT(text_of(change_done, {Stage::done, "r-2", "h-2", ""}),
                HasSubstr("the ring is as it was"));
}

}  // namespace
}  // namespace ringcast::bench
