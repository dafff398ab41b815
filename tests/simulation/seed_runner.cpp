#include "seed_runner.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

namespace ringcast::simulation {
namespace {

using namespace std::chrono_literals;

constexpr auto progress_every = 10s;

thread_local std::uint64_t seed_under_way = 0;

/// An assertion of the code under test: a handler may do little more than write.
void name_the_seed(int) {
    std::array<char, 64> text{};
    constexpr std::string_view said = "aborted in seed ";
    std::ranges::copy(said, text.begin());
    auto* const end = std::to_chars(text.begin() + said.size(), text.end() - 1, seed_under_way).ptr;
    *end = '\n';
    (void)!write(STDERR_FILENO, text.data(), static_cast<std::size_t>(end - text.data()) + 1);
}

}  // namespace

Tally run_seeds(const SeedRange& range, const std::function<void(const Outcome&)>& done,
                const std::function<void(const Tally&)>& progress) {
    std::signal(SIGABRT, name_the_seed);
    std::atomic<std::uint64_t> next = range.first;
    std::atomic<bool> stopped = false;
    std::mutex tells;  // guards what follows, and that one is told at a time
    Tally tally;
    auto told = std::chrono::steady_clock::now();

    const auto work = [&] {
        while (!stopped) {
            seed_under_way = next++;
            if (seed_under_way > range.last) return;
            const Outcome outcome = simulate(setup_of(seed_under_way));

            const std::scoped_lock lock(tells);
            ++tally.run;
            tally.rare.add(outcome.rare);
            if (!outcome.good()) {
                ++tally.failed;
                if (!range.keep_going) stopped = true;
            }
            done(outcome);
            const auto now = std::chrono::steady_clock::now();
            if (now - told < progress_every) continue;
            told = now;
            progress(tally);
        }
    };
    std::vector<std::jthread> others;
    for (unsigned i = 1; i < range.jobs; ++i) others.emplace_back(work);
    work();
    others.clear();
    return tally;
}

}  // namespace ringcast::simulation
