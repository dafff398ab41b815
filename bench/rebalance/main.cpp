#include "bench_cluster.hpp"
#include "command_line.hpp"
#include "cost.hpp"
#include "live_report.hpp"
#include "measurement.hpp"
#include "redis_server.hpp"
#include "report.hpp"
#include "ringcast/membership/log.hpp"
#include "running_trial.hpp"
#include "zookeeper_server.hpp"

#include <boost/json.hpp>

#include <chrono>
#include <csignal>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace ringcast::bench {
namespace {

std::shared_ptr<spdlog::logger> log_of(const Rebalance& wanted) {
    return membership::make_log("bench", wanted.verbose ? "debug" : "off");
}

/// Set by Ctrl-C: measurements look at it and come to an orderly end.
volatile std::sig_atomic_t interrupted_by_signal = 0;

bool interrupted() {
    return interrupted_by_signal != 0;
}

void on_signal(int) {
    interrupted_by_signal = 1;
}

void tell(const std::string& what) {
    std::cerr << "  " << what << std::endl;
}

/// "timeline.svg", and when it is the second one "timeline-naive.svg" beside it.
void write_svg(const std::string& file, const Measurement& measurement, bool first) {
    std::filesystem::path path(file);
    if (!first) {
        path.replace_filename(path.stem().string() + "-" +
                              (measurement.way == Way::naive ? "naive" : "handoff") +
                              path.extension().string());
    }
    std::ofstream out(path);
    out << svg_of(measurement.timeline);
    if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
}

std::vector<Measurement> measured(const Rebalance& wanted, const Members& members,
                                  const Cost& plan) {
    for (const auto& missing : {test::RedisServer::missing(), test::ZooKeeperServer::missing()}) {
        if (missing) throw std::runtime_error(*missing);
    }
    const auto log = log_of(wanted);
    test::ZooKeeperServer zookeeper;
    zookeeper.start();
    std::vector<Measurement> measurements;
    for (const std::string& name : wanted.ways) {
        const Way way = name == "handoff" ? Way::handoff : Way::naive;
        BenchCluster::Settings settings;
        settings.load = load_of(wanted);
        settings.change = wanted.change;
        settings.seed = wanted.seed;
        settings.rate = wanted.speeds.rate;
        settings.zookeeper = zookeeper.address();
        settings.name = "bench-" + std::to_string(measurements.size());
        settings.tell = tell;
        std::cerr << "measuring: " << name_of(way) << " ..." << std::endl;
        BenchCluster cluster(std::move(settings), members, log);
        const Trial trial{load_of(wanted), wanted.change, wanted.before_s, wanted.after_s};
        measurements.push_back(measure(cluster, trial, way, plan));
        if (!wanted.svg.empty()) {
            write_svg(wanted.svg, measurements.back(), measurements.size() == 1);
        }
    }
    return measurements;
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

int rebalance(const Rebalance& wanted) {
    const Members members(wanted.nodes, wanted.change);
    const auto costs = costs_of(members, wanted.change, wanted.channels, wanted.spread, wanted.seed,
                                told_every_two_seconds(wanted.channels));
    std::vector<Measurement> measurements;
    if (!wanted.simulate) measurements = measured(wanted, members, costs.front());
    print(wanted, members, costs, measurements);
    return ExitCode::done;
}

int rebalance_running(const Rebalance& wanted) {
    std::signal(SIGINT, on_signal);
    std::signal(SIGTERM, on_signal);
    RunningTrial trial(wanted, log_of(wanted), tell, interrupted);
    std::cerr << "measuring: " << trial.conditions() << " ..." << std::endl;
    const Measurement measurement = trial.measure();
    if (!wanted.svg.empty()) write_svg(wanted.svg, measurement, true);
    print(trial.wanted(), trial.members(), trial.costs(), {measurement});
    return ExitCode::done;
}

int run(int argc, char** argv) {
    const Parsed parsed = parse(argc, argv);
    if (parsed.exit) {
        (*parsed.exit == ExitCode::done ? std::cout : std::cerr) << parsed.text;
        return *parsed.exit;
    }
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
        return ringcast::bench::ExitCode::failed;
    }
}
