#pragma once

#include "command_line.hpp"

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <vector>

namespace ringcast::bench {

/// The part of the command line that is about a cluster which runs already: its own options, and
/// what becomes of the others then.
class RunningOptions {
public:
    /// Both outlive it.
    RunningOptions(CLI::App& sub, Rebalance& wanted);

    /// After parsing: fills in `wanted.running` if such a cluster is asked for, or says in a
    /// sentence what does not go together.
    [[nodiscard]] std::optional<std::string> take();

private:
    template <typename Value>
    CLI::Option* add(const char* name, Value& value, const char* help);

    CLI::App& sub_;
    Rebalance& wanted_;
    Running running_;
    CLI::Option* cluster_ = nullptr;
    std::vector<CLI::Option*> only_;  ///< mean nothing without `cluster_`
};

/// What a running cluster cannot be asked for, in a sentence, or nothing. Requires: there is one.
[[nodiscard]] std::optional<std::string> fault_in_running(const Rebalance& wanted);

}  // namespace ringcast::bench
