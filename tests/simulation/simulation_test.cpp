#include "simulation.hpp"

#include <gtest/gtest.h>

namespace ringcast::simulation {
namespace {

TEST(SimulationTest, TheSameSeedTakesTheSameCourse) {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        const Outcome once = simulate(setup_of(seed));
        const Outcome again = simulate(setup_of(seed));
        EXPECT_GT(once.history.events().size(), 100U);
        EXPECT_EQ(once.history.hash(), again.history.hash()) << "seed " << seed;
    }
}

TEST(SimulationTest, AnotherSeedTakesAnotherCourse) {
    EXPECT_NE(simulate(setup_of(1)).history.hash(), simulate(setup_of(2)).history.hash());
}

}  // namespace
}  // namespace ringcast::simulation
