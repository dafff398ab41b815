#include "seed_runner.hpp"
#include "simulation.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace ringcast::simulation;

constexpr std::string_view usage =
    "usage: ringcast-simulation --seed N [--verbose]\n"
    "       ringcast-simulation --seeds A..B [--jobs N] [--keep-going] [--every-branch]\n"
    "Runs a simulated cluster for each seed and says what went wrong. Status 1: something did, or\n"
    "(--every-branch) something rare that the protocol is made for happened in none of them.\n";

constexpr std::uint64_t jobs_max = 256;

std::optional<std::uint64_t> number_of(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

struct Command {
    SeedRange seeds;
    bool verbose = false;
    bool every_branch = false;
};

std::optional<Command> parse(int count, char** words) {
    Command command;
    bool given = false;
    for (int i = 1; i < count; ++i) {
        const std::string_view word = words[i];
        if (word == "--verbose") {
            command.verbose = true;
        } else if (word == "--keep-going") {
            command.seeds.keep_going = true;
        } else if (word == "--every-branch") {
            command.every_branch = true;
        } else if (word == "--jobs" && i + 1 < count) {
            const auto jobs = number_of(words[++i]);
            if (!jobs || *jobs == 0 || *jobs > jobs_max) return std::nullopt;
            command.seeds.jobs = static_cast<unsigned>(*jobs);
        } else if ((word == "--seed" || word == "--seeds") && i + 1 < count) {
            const std::string_view value = words[++i];
            const auto dots = value.find("..");
            const auto first = number_of(value.substr(0, dots));
            const auto last =
                dots == std::string_view::npos ? first : number_of(value.substr(dots + 2));
            if (!first || !last) return std::nullopt;
            command.seeds.first = *first;
            command.seeds.last = *last;
            given = true;
        } else {
            return std::nullopt;
        }
    }
    if (!given) return std::nullopt;
    return command;
}

void show(const Outcome& outcome, bool verbose) {
    if (verbose) {
        for (const Event& event : outcome.history.events()) std::puts(text_of(event).c_str());
    }
    if (outcome.good()) return;
    std::fputs(report(outcome).c_str(), stdout);
    std::fflush(stdout);
}

/// Tells whether anything is missing that should not be.
bool summarise(const Tally& tally, bool every_branch) {
    std::printf("seeds run %llu failed %llu\n", static_cast<unsigned long long>(tally.run),
                static_cast<unsigned long long>(tally.failed));
    std::vector<std::string> missing;
    tally.rare.for_each([&](const std::string& name, std::uint64_t times) {
        std::printf("%-28s %llu\n", name.c_str(), static_cast<unsigned long long>(times));
        if (every_branch && times == 0) missing.push_back(name);
    });
    for (const auto& name : missing) std::printf("never happened: %s\n", name.c_str());
    return !missing.empty();
}

}  // namespace

int main(int count, char** words) {
    const auto command = parse(count, words);
    if (!command) {
        std::fputs(usage.data(), stderr);
        return 2;
    }
    const auto began = std::chrono::steady_clock::now();
    const Tally tally = run_seeds(
        command->seeds, [&](const Outcome& outcome) { show(outcome, command->verbose); },
        [&](const Tally& so_far) {
            const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
            std::fprintf(
                stderr, "seeds run %llu of %llu, failed %llu, %.1f a second\n",
                static_cast<unsigned long long>(so_far.run),
                static_cast<unsigned long long>(command->seeds.last - command->seeds.first + 1),
                static_cast<unsigned long long>(so_far.failed),
                static_cast<double>(so_far.run) / took.count());
        });
    const bool missing = summarise(tally, command->every_branch);
    return tally.failed == 0 && !missing ? 0 : 1;
}
