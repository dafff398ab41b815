#include "bench_cluster.hpp"
#include "bounds.hpp"
#include "command_line.hpp"
#include "cost.hpp"
#include "live_report.hpp"
#include "measurement.hpp"
#include "redis_server.hpp"
#include "report.hpp"
#include "ringcast/membership/log.hpp"
#include "running_trial.hpp"
#include "timeline_file.hpp"
#include "zookeeper_server.hpp"

#include <boost/json.hpp>

#include <chrono>
#include <csignal>
#include <exception>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <utility>

namespace ringcast::bench {
namespace {

std::shared_ptr<spdlog::logger> log_of(const Rebalance& wanted) {
    return membership::make_log("bench", wanted.verbose ? "debug" : "off");
}

/// Set by Ctrl-C, by a terminal that is closed, by whoever ends it: measurements look at it and
/// come to an orderly end.
volatile std::sig_atomic_t interrupted_by_signal = 0;

bool interrupted() {
    return interrupted_by_signal != 0;
}

void end_in_order_on_signals() {
    const auto on_signal = [](int) { interrupted_by_signal = 1; };
    std::signal(SIGINT, on_signal);
    std::signal(SIGTERM, on_signal);
    // Under nohup it goes on.
    if (std::signal(SIGHUP, on_signal) == SIG_IGN) std::signal(SIGHUP, SIG_IGN);
}

void tell(const std::string& what) {
    std::cerr << "  " << what << std::endl;
}

/// "timeline.svg", and when it is the second one "timeline-naive.svg" or "timeline-handoff.svg"
/// beside it.
void draw_all(const std::filesystem::path& file, const std::vector<Measurement>& measurements) {
    for (const Measurement& one : measurements) {
        std::filesystem::path path = file;
        if (&one != &measurements.front()) {
            path.replace_filename(path.stem().string() +
                                  (one.way == Way::naive ? "-naive" : "-handoff") +
                                  path.extension().string());
        }
        draw(one.timeline, path);
    }
}

/// Throws with what to do when it would come to nothing.
void check_what_is_needed(const Rebalance& wanted) {
    if (!wanted.timeline.empty()) {
        if (const auto missing = missing_for(wanted.timeline)) throw std::runtime_error(*missing);
    }
    if (wanted.running) return;
    for (const auto& missing : {test::RedisServer::missing(), test::ZooKeeperServer::missing()}) {
        if (missing) throw std::runtime_error(*missing);
    }
}

/// What came of all that was asked for.
struct Measured {
    std::vector<Measurement> measurements;
    std::string trouble;  ///< why there is not more, a sentence without its full stop; or empty
};

/// In a cluster of that name.
Measurement measured_by(Way way, const Rebalance& wanted, const Members& members, const Cost& plan,
                        const std::string& zookeeper, std::string name,
                        std::shared_ptr<spdlog::logger> log) {
    BenchCluster::Settings settings;
    settings.load = load_of(wanted);
    settings.change = wanted.change;
    settings.seed = wanted.seed;
    settings.rate = wanted.speeds.rate;
    settings.zookeeper = zookeeper;
    settings.name = std::move(name);
    if (way == Way::naive) settings.naive_lag = std::chrono::milliseconds(wanted.naive_lag_ms);
    settings.tell = tell;
    settings.interrupted = interrupted;
    std::cerr << "measuring: " << name_of(way) << " ..." << std::endl;
    BenchCluster cluster(std::move(settings), members, std::move(log));
    const Trial trial{load_of(wanted), wanted.change, wanted.before_s,
                      wanted.after_s,  interrupted,   wanted.speeds};
    return measure(cluster, trial, way, plan);
}

/// Throws when there is nothing to report: a second way that fails takes nothing from the first.
Measured measured(const Rebalance& wanted, const Members& members, const Cost& plan) {
    const auto log = log_of(wanted);
    test::ZooKeeperServer zookeeper;
    zookeeper.start();
    Measured all;
    for (const std::string& name : wanted.ways) {
        const Way way = name == "handoff" ? Way::handoff : Way::naive;
        try {
            all.measurements.push_back(
                measured_by(way, wanted, members, plan, zookeeper.address(),
                            "bench-" + std::to_string(all.measurements.size()), log));
        } catch (const std::runtime_error& error) {
            // A terminal sends Ctrl-C to the servers, too: whatever failed, that is why.
            all.trouble =
                interrupted() ? "interrupted: the servers that it started are stopped, their "
                                "folders are removed"
                              : error.what();
            if (all.measurements.empty()) throw std::runtime_error(all.trouble);
            return all;
        }
    }
    return all;
}

/// A line now and then, for counts that take long.
Told told_every_two_seconds(std::uint64_t channels) {
    const auto pause = std::chrono::seconds(2);
    const auto next = std::make_shared<std::chrono::steady_clock::time_point>(
        std::chrono::steady_clock::now() + pause);
    return [=](std::uint64_t counted) {
        const auto now = std::chrono::steady_clock::now();
        if (now < *next) return;
        *next = now + pause;
        std::cerr << "  counted " << grouped(counted) << " of " << grouped(channels) << std::endl;
    };
}

void print(const Rebalance& wanted, const Members& members, const std::vector<Cost>& costs,
           const std::vector<Measurement>& measurements) {
    if (wanted.output == Output::json) {
        auto json = json_of(wanted, members, costs);
        if (!wanted.simulate) json["measured"] = json_of(measurements, costs.front());
        std::cout << json << "\n";
    } else {
        std::cout << table_of(wanted, members, costs);
        if (!wanted.simulate) std::cout << "\n" << table_of(measurements, costs.front());
    }
}

/// The report, the pictures, what is missing in them, and how the program ends.
int finish(const Rebalance& wanted, const Members& members, const std::vector<Cost>& costs,
           const Measured& measured) {
    const auto& measurements = measured.measurements;
    print(wanted, members, costs, measurements);
    std::cout << std::flush;
    std::string trouble = measured.trouble;
    const auto add = [&trouble](const std::string& more) {
        trouble += (trouble.empty() ? "" : "; ") + more;
    };
    if (!std::cout) add("the report could not be written");
    try {
        if (!wanted.timeline.empty()) draw_all(wanted.timeline, measurements);
    } catch (const std::runtime_error& error) {
        add(error.what());
    }
    const ExitCode code = exit_code_of(measurements, costs.front(), wanted.strict);
    if (code == ExitCode::failed) {
        std::cerr << "ringcast-bench: no message was accepted, so none could be lost: more "
                     "--messages, or a longer --before\n";
    }
    if (!trouble.empty()) std::cerr << "ringcast-bench: " << trouble << "\n";
    return ended(code, !trouble.empty(), interrupted());
}

int rebalance(const Rebalance& wanted) {
    const Members members(wanted.nodes, wanted.change);
    const auto costs = costs_of(members, wanted.change, wanted.channels, wanted.spread, wanted.seed,
                                told_every_two_seconds(wanted.channels));
    if (wanted.simulate) return finish(wanted, members, costs, {});
    end_in_order_on_signals();
    return finish(wanted, members, costs, measured(wanted, members, costs.front()));
}

int rebalance_running(const Rebalance& wanted) {
    end_in_order_on_signals();
    RunningTrial trial(wanted, log_of(wanted), tell, interrupted);
    std::cerr << "measuring: " << trial.conditions() << " ..." << std::endl;
    RunningTrial::Outcome outcome = trial.measure();
    return finish(trial.wanted(), trial.members(), trial.costs(),
                  {{std::move(outcome.measurement)}, std::move(outcome.not_undone)});
}

int run(int argc, char** argv) {
    const Parsed parsed = parse(argc, argv);
    if (parsed.exit) {
        (*parsed.exit == ExitCode::done ? std::cout : std::cerr) << parsed.text;
        return *parsed.exit;
    }
    if (!parsed.rebalance.simulate) check_what_is_needed(parsed.rebalance);
    if (parsed.rebalance.running) return rebalance_running(parsed.rebalance);
    return rebalance(parsed.rebalance);
}

}  // namespace
}  // namespace ringcast::bench

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);  // a peer that goes away is an error value, not the end
    try {
        return ringcast::bench::run(argc, argv);
    } catch (const std::exception& error) {
        std::cerr << "ringcast-bench: " << error.what() << "\n";
        return ringcast::bench::interrupted() ? ringcast::bench::ExitCode::interrupted_run
                                              : ringcast::bench::ExitCode::failed;
    }
}
