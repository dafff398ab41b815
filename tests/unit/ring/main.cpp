#include <gtest/gtest.h>
#include <stdlib.h>

// RapidCheck prints its seed with every property; RC_PARAMS in the environment repeats a run.
int main(int argc, char** argv) {
    setenv("RC_PARAMS", "max_success=100", 0);
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
