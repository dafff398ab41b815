#include "simulation.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace {

using namespace ringcast::simulation;

constexpr std::string_view usage =
    "usage: ringcast-simulation --seed N [--verbose]\n"
    "       ringcast-simulation --seeds A..B [--keep-going] [--every-branch]\n"
    "Runs a simulated cluster for each seed and says what went wrong. Status 1: something did, or\n"
    "(--every-branch) something rare that the protocol is made for happened in none of them.\n";

std::optional<std::uint64_t> number_of(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

struct Command {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    bool verbose = false;
    bool keep_going = false;
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
            command.keep_going = true;
        } else if (word == "--every-branch") {
            command.every_branch = true;
        } else if ((word == "--seed" || word == "--seeds") && i + 1 < count) {
            const std::string_view value = words[++i];
            const auto dots = value.find("..");
            const auto first = number_of(value.substr(0, dots));
            const auto last =
                dots == std::string_view::npos ? first : number_of(value.substr(dots + 2));
            if (!first || !last) return std::nullopt;
            command.first = *first;
            command.last = *last;
            given = true;
        } else {
            return std::nullopt;
        }
    }
    if (!given) return std::nullopt;
    return command;
}

}  // namespace

int main(int count, char** words) {
    const auto command = parse(count, words);
    if (!command) {
        std::fputs(usage.data(), stderr);
        return 2;
    }
    RareCounters rare;
    std::uint64_t failed = 0;
    std::uint64_t run = 0;
    for (auto seed = command->first; seed <= command->last; ++seed) {
        const Outcome outcome = simulate(setup_of(seed));
        ++run;
        rare.add(outcome.rare);
        if (command->verbose) {
            for (const Event& event : outcome.history.events()) std::puts(text_of(event).c_str());
        }
        if (outcome.good()) continue;
        ++failed;
        std::fputs(report(outcome).c_str(), stdout);
        std::fflush(stdout);
        if (!command->keep_going) break;
    }
    std::printf("seeds run %llu failed %llu\n", static_cast<unsigned long long>(run),
                static_cast<unsigned long long>(failed));
    for (std::size_t i = 0; i < rare_count; ++i) {
        const auto what = static_cast<Rare>(i);
        std::printf("%-20s %llu\n", name_of(what).data(),
                    static_cast<unsigned long long>(rare.of(what)));
    }
    bool missing = false;
    for (std::size_t i = 0; i < rare_count; ++i) {
        if (!command->every_branch || rare.of(static_cast<Rare>(i)) > 0) continue;
        missing = true;
        std::printf("never happened: %s\n", name_of(static_cast<Rare>(i)).data());
    }
    return failed == 0 && !missing ? 0 : 1;
}
