#include "running_options.hpp"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <utility>

namespace ringcast::bench {
namespace {

/// An empty variable says nothing.
void take_from_environment(std::string& value, const char* name) {
    const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    if (text != nullptr && *text != '\0') value = text;
}

}  // namespace

RunningOptions::RunningOptions(CLI::App& sub, Rebalance& wanted) : sub_(sub), wanted_(wanted) {
    cluster_ = sub.add_option("--cluster", running_.cluster,
                              "measure the running cluster of that name, as for ringcastctl "
                              "(default: RINGCAST_CLUSTER, else ringcast)")
                   ->expected(0, 1)
                   ->type_name("[NAME]");
    add("--zookeeper", running_.zookeeper,
        "its ensemble, as host:port,host:port (default: RINGCAST_ZOOKEEPER, else 127.0.0.1:2181)");
    add("--digest-file", running_.digest_file,
        "a file whose first line is user:password of a protected tree");
    add("--node", running_.node,
        "the node to add, remove or weigh; default: the only one on standby");
    add("--urls", running_.urls,
        "where gateways are reached from here, ws://host:port/path or host:port, instead of where "
        "they say")
        ->delimiter(',');
    add("--token", running_.token,
        "of the bench's clients (default: RINGCAST_BENCH_TOKEN, which nobody else on this machine "
        "sees)");
    add("--prefix", running_.prefix,
        "of the bench's channels; one with ':' needs that namespace in the gateways")
        ->capture_default_str();
    add("--connections", running_.connections,
        "clients over all gateways; default: as many as their usual limits ask for (128 channels "
        "and 500 publishes a second each)")
        ->default_str("");
    only_.push_back(
        sub.add_flag("--undo", running_.undo, "take the change back when it is measured"));
}

template <typename Value>
CLI::Option* RunningOptions::add(const char* name, Value& value, const char* help) {
    only_.push_back(sub_.add_option(name, value, help));
    return only_.back();
}

std::optional<std::string> RunningOptions::take() {
    if (cluster_->count() == 0) {
        for (const CLI::Option* option : only_) {
            if (option->count() > 0) return option->get_name() + " goes with --cluster";
        }
        return std::nullopt;
    }
    for (const char* name : {"--simulate", "--nodes", "--gateways", "--seed"}) {
        if (sub_.count(name) > 0) {
            return std::string(name) +
                   " does not go with --cluster: the running cluster has its own";
        }
    }
    if (running_.cluster.empty()) {
        running_.cluster = "ringcast";
        take_from_environment(running_.cluster, "RINGCAST_CLUSTER");
    }
    if (sub_.count("--zookeeper") == 0) {
        take_from_environment(running_.zookeeper, "RINGCAST_ZOOKEEPER");
    }
    if (sub_.count("--token") == 0) take_from_environment(running_.token, "RINGCAST_BENCH_TOKEN");
    if (sub_.count("--way") == 0) wanted_.ways = {"handoff"};
    if (sub_.count("--rate") > 0) running_.rate = wanted_.speeds.rate;
    // Somebody else's machines: what is not asked for stays small.
    if (sub_.count("--channels") == 0) wanted_.channels = 10'000;
    if (sub_.count("--messages") == 0) wanted_.messages_per_second = 1'000;
    running_.subscribers_given = sub_.count("--subscribers") > 0;
    wanted_.running = std::move(running_);
    return std::nullopt;
}

std::optional<std::string> fault_in_running(const Rebalance& wanted) {
    const Running& running = *wanted.running;
    if (wanted.change.kind == Change::Kind::crash) {
        return "--change crash: nobody can make a node of a running cluster crash from outside; "
               "leave out --cluster to measure it in a cluster of the bench's own";
    }
    if (wanted.ways != std::vector<std::string>{"handoff"}) {
        return "--way naive would lose messages of a running cluster; leave out --cluster to "
               "measure it in a cluster of the bench's own";
    }
    if (running.cluster.empty() || running.cluster.find('/') != std::string::npos) {
        return "--cluster must be a word without '/'";
    }
    const bool plain = std::ranges::all_of(running.prefix, [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == ':';
    });
    if (!plain || running.prefix.empty() || running.prefix.size() > ChannelName::prefix_bytes_max) {
        return "--prefix must be 1 to 40 letters, digits, '-', '_', '.' and ':'";
    }
    if (wanted.channels == 0 || wanted.channels > loaded_channels_max) {
        return "channels must be 1 to " + std::to_string(loaded_channels_max);
    }
    if (wanted.spread.subscribers == 0) return "--subscribers must be at least 1";
    if (wanted.change.weight == 0 || wanted.change.weight > 10'000) {
        return "--weight must be 1 to 10000 percent";
    }
    return std::nullopt;
}

}  // namespace ringcast::bench
