#include "command_line.hpp"
#include "cost.hpp"
#include "report.hpp"

#include <boost/json.hpp>

#include <exception>
#include <iostream>

namespace ringcast::bench {
namespace {

int simulate(const Rebalance& wanted) {
    const Members members(wanted.nodes, wanted.change);
    const auto costs =
        costs_of(members, wanted.change, wanted.channels, wanted.spread, wanted.seed);
    if (wanted.output == Output::json) {
        std::cout << json_of(wanted, members, costs) << "\n";
    } else {
        std::cout << table_of(wanted, members, costs);
    }
    return ExitCode::done;
}

int run(int argc, char** argv) {
    const Parsed parsed = parse(argc, argv);
    if (parsed.exit) {
        (*parsed.exit == ExitCode::done ? std::cout : std::cerr) << parsed.text;
        return *parsed.exit;
    }
    return simulate(parsed.rebalance);
}

}  // namespace
}  // namespace ringcast::bench

int main(int argc, char** argv) {
    try {
        return ringcast::bench::run(argc, argv);
    } catch (const std::exception& error) {
        std::cerr << "ringcast-bench: " << error.what() << "\n";
        return ringcast::bench::ExitCode::failed;
    }
}
