#include "command_line.hpp"

#include "client_protocol.hpp"
#include "running_options.hpp"
#include "timeline.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

namespace ringcast::bench {
namespace {

constexpr const char* examples = R"(
Examples:
  ringcast-bench rebalance --channels 100000 --timeline timeline.svg
  ringcast-bench rebalance --nodes 3 --channels 1000000 --subscribers 1 --rate 0 --way handoff
  ringcast-bench rebalance --simulate nodes=140 channels=100000000
  ringcast-bench rebalance --simulate nodes=12 --change weight --weight 50 -o json
  ringcast-bench rebalance --zookeeper zk1:2181,zk2:2181 --cluster chat --node redis-4 --undo

With --cluster it measures a cluster that runs already, from outside: as its clients, through the
gateways' WebSocket ports, on channels of its own; and as its operator, through ZooKeeper. It changes
that cluster's ring, by handoff, and leaves the change unless --undo is given.

Exit codes: 0 measured, and promises kept; 1 not measured, or not everything; 2 wrong use;
3 a promise was broken: by handoff something was lost, repeated or reordered (when a node dies: lost
and not told); 4 with --strict, a figure was missed or is not known; 130 interrupted.)";

constexpr std::size_t nodes_max = 1'000;
constexpr std::size_t gateways_max = 200;
/// A channel's number is counted in 32 bits for each gateway.
constexpr std::uint64_t channels_max = 4'000'000'000;

constexpr std::uint32_t rate_max = std::numeric_limits<std::uint32_t>::max();

constexpr std::size_t live_nodes_max = 16;
constexpr std::size_t live_gateways_max = 16;
/// Much longer, and the gateway's session would end.
constexpr std::uint32_t naive_lag_ms_max = 2'000;

/// `name=number` for one of the names, or a sentence about what is wrong.
std::optional<std::string> apply(const std::string& pair, Rebalance& to) {
    const auto equals = pair.find('=');
    const std::string name = pair.substr(0, equals);
    std::uint64_t number = 0;
    if (equals != std::string::npos) {
        const char* const first = pair.data() + equals + 1;
        const char* const last = pair.data() + pair.size();
        const auto read = std::from_chars(first, last, number);
        if (read.ec == std::errc{} && read.ptr == last && first != last) {
            if (name == "nodes")
                to.nodes = number;
            else if (name == "channels")
                to.channels = number;
            else if (name == "gateways")
                to.spread.gateways = number;
            else if (name == "subscribers")
                to.spread.subscribers = number;
            else if (name == "rate") {
                if (number > rate_max) return "rate must be at most " + std::to_string(rate_max);
                to.speeds.rate = static_cast<std::uint32_t>(number);
            } else
                return "--simulate: unknown '" + name +
                       "': nodes, channels, gateways, subscribers, rate";
            return std::nullopt;
        }
    }
    return "--simulate takes name=number, not '" + pair + "'";
}

/// A sentence about what is wrong, or nothing.
std::optional<std::string> fault_in_load(const Rebalance& wanted) {
    if (!(wanted.messages_per_second > 0) || wanted.messages_per_second > 1e6) {
        return "--messages must be more than 0 and at most 1000000";
    }
    if (wanted.busy_channels == 0) return "--busy must be at least 1";
    // Less would be reported, and more sent.
    const std::size_t payload_min = wanted.running ? data_bytes_min : sizeof(Header);
    if (wanted.payload_bytes < payload_min || wanted.payload_bytes > 60'000) {
        return "--payload must be " + std::to_string(payload_min) +
               " to 60000: a message carries what it is known by";
    }
    if (wanted.naive_lag_ms > 0 && std::ranges::count(wanted.ways, "naive") == 0) {
        return "--naive-lag goes with --way naive, of which there is none";
    }
    if (wanted.naive_lag_ms > naive_lag_ms_max) return "--naive-lag must be at most 2000";
    if (!wanted.timeline.empty()) {
        if (const auto fault = fault_in_picture(wanted.timeline)) return "--timeline: " + *fault;
    }
    if (!(wanted.before_s >= 0.5) || !(wanted.after_s >= 0.5) || wanted.before_s > 3'600 ||
        wanted.after_s > 3'600) {
        return "--before and --after must be 0.5 to 3600 seconds";
    }
    return std::nullopt;
}

std::optional<std::string> fault_in(const Rebalance& wanted) {
    if (wanted.running) {
        const auto fault = fault_in_running(wanted);
        return fault ? fault : fault_in_load(wanted);
    }
    const bool one_leaves =
        wanted.change.kind == Change::Kind::remove || wanted.change.kind == Change::Kind::crash;
    if (wanted.nodes < (one_leaves ? 2 : 1) || wanted.nodes > nodes_max) {
        return "nodes must be 1 to 1000, and at least 2 for one to leave";
    }
    if (wanted.channels == 0 || wanted.channels > channels_max) {
        return "channels must be 1 to 4000000000";
    }
    if (wanted.spread.gateways == 0 || wanted.spread.gateways > gateways_max) {
        return "gateways must be 1 to 200";
    }
    if (wanted.spread.subscribers == 0 || wanted.spread.subscribers > wanted.spread.gateways) {
        return "subscribers must be 1 to the number of gateways";
    }
    if (wanted.change.weight == 0 || wanted.change.weight > 10'000) {
        return "--weight must be 1 to 10000 percent";
    }
    if (wanted.simulate) {
        if (wanted.timeline.empty()) return std::nullopt;
        return "--timeline does not go with --simulate: it counts, and nothing happens over time";
    }
    if (wanted.change.kind == Change::Kind::weight && wanted.change.weight == usual_node_weight) {
        return "--weight " + std::to_string(usual_node_weight) +
               " is what every node weighs already, so nothing would change: give another --weight";
    }
    if (wanted.nodes > live_nodes_max || wanted.spread.gateways > live_gateways_max ||
        wanted.channels > loaded_channels_max) {
        return "one machine runs up to 16 nodes and 16 gateways with " +
               std::to_string(loaded_channels_max) + " channels: for more, --simulate";
    }
    return fault_in_load(wanted);
}

/// There is one command, and it was not given.
std::string no_command(const std::vector<std::string>& words) {
    const bool none = words.empty() || words.front().starts_with("-");
    return (none ? std::string("no command") : "unknown command '" + words.front() + "'") +
           ": there is `rebalance`\nRun with --help for more information.\n";
}

}  // namespace

Load load_of(const Rebalance& wanted) {
    Load load;
    load.channels = wanted.channels;
    load.spread = wanted.spread;
    load.messages_per_second =
        wanted.messages_per_second / static_cast<double>(wanted.spread.gateways);
    load.payload_bytes = wanted.payload_bytes;
    load.busy_channels = wanted.busy_channels;
    return load;
}

ExitCode ended(ExitCode judged, bool incomplete, bool interrupted) noexcept {
    if (judged == ExitCode::promise_broken || !incomplete) return judged;
    return interrupted ? ExitCode::interrupted_run : ExitCode::failed;
}

Parsed parse(int argc, const char* const* argv) {
    Parsed parsed;
    Rebalance& wanted = parsed.rebalance;
    std::vector<std::string> pairs;

    CLI::App app("Measures what Ringcast costs.", "ringcast-bench");
    app.footer(examples);
    app.set_version_flag("--version", RINGCAST_VERSION);
    app.require_subcommand(1);
    app.fallthrough();

    CLI::App* sub = app.add_subcommand(
        "rebalance",
        "What it costs to change the ring, beside other ways: starts a cluster of real "
        "redis-servers, loads it and changes it, or does so with one that runs, or only counts");
    const auto* simulate =
        sub->add_option("--simulate", pairs,
                        "count alone, start nothing: nodes=N channels=N gateways=N subscribers=N "
                        "rate=N, each as the option of that name")
            ->expected(0, -1)
            ->type_name("NAME=NUMBER...");
    const std::map<std::string, Change::Kind> kinds{{"add", Change::Kind::add},
                                                    {"remove", Change::Kind::remove},
                                                    {"weight", Change::Kind::weight},
                                                    {"crash", Change::Kind::crash}};
    sub->add_option("--change", wanted.change.kind, "add, remove, weight or crash of one node")
        ->transform(CLI::CheckedTransformer(kinds).description(""))
        ->type_name("CHANGE")
        ->default_str("add");
    sub->add_option("--weight", wanted.change.weight,
                    "percent, for --change weight: of the others, of its own with --cluster")
        ->capture_default_str();
    sub->add_option("--nodes", wanted.nodes, "members before the change")->capture_default_str();
    sub->add_option("--channels", wanted.channels, "channels in all (10000 with --cluster)")
        ->capture_default_str();
    sub->add_option("--gateways", wanted.spread.gateways)->capture_default_str();
    sub->add_option("--subscribers", wanted.spread.subscribers,
                    "gateways with a subscription on each channel")
        ->capture_default_str();
    sub->add_option("--rate", wanted.speeds.rate,
                    "channels a second that a gateway subscribes and leaves; 0: no limit; with "
                    "--cluster by default as the cluster is set")
        ->capture_default_str();
    sub->add_option("--seed", wanted.seed, "of the ring's hash")->capture_default_str();
    sub->add_option("--way", wanted.ways,
                    "handoff, naive, or both, one after the other; with --cluster handoff")
        ->check(CLI::IsMember({"handoff", "naive"}))
        ->delimiter(',')
        ->default_str("handoff,naive");
    sub->add_option("--messages", wanted.messages_per_second,
                    "published a second over all gateways, at a steady rate (1000 with --cluster)")
        ->capture_default_str();
    sub->add_option("--busy", wanted.busy_channels, "channels that get half of the messages")
        ->capture_default_str();
    sub->add_option("--payload", wanted.payload_bytes,
                    "bytes of a message, 24 at least (71 with --cluster)")
        ->capture_default_str();
    sub->add_option("--before", wanted.before_s, "seconds of load before the change")
        ->capture_default_str();
    sub->add_option("--after", wanted.after_s, "seconds of load after it")->capture_default_str();
    sub->add_option("--naive-lag", wanted.naive_lag_ms,
                    "milliseconds that the last gateway hears later of a naive switch, as when it "
                    "has another ZooKeeper server than the rest")
        ->capture_default_str();
    sub->add_option("--timeline,--svg", wanted.timeline,
                    "draw what happened over time into that file, .svg or .png; with two ways that "
                    "of the second is beside it and named so, as in timeline-naive.svg")
        ->type_name("FILE");
    sub->add_flag("--strict", wanted.strict, "end with 4 when a figure is missed or not known");
    sub->add_flag("--verbose", wanted.verbose, "let the parts of the cluster log");
    const std::map<std::string, Output> outputs{{"table", Output::table}, {"json", Output::json}};
    sub->add_option("-o,--output", wanted.output, "table or json")
        ->transform(CLI::CheckedTransformer(outputs).description(""))
        ->type_name("FORMAT")
        ->default_str("table");
    RunningOptions running(*sub, wanted);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        std::ostringstream out;
        std::ostringstream err;
        const int code = app.exit(error, out, err);
        if (code != 0 && app.get_subcommands().empty()) {
            parsed.exit = ExitCode::wrong_use;
            parsed.text = no_command(app.remaining());
            return parsed;
        }
        parsed.exit = code == 0 ? ExitCode::done : ExitCode::wrong_use;
        parsed.text = code == 0 ? out.str() : err.str();
        return parsed;
    }
    wanted.simulate = simulate->count() > 0;
    std::optional<std::string> fault = running.take();
    for (const std::string& pair : pairs) {
        // Alone before another option it has one, empty.
        if (!fault && !pair.empty()) fault = apply(pair, wanted);
    }
    if (!fault) fault = fault_in(wanted);
    if (fault) {
        parsed.exit = ExitCode::wrong_use;
        parsed.text = *fault + "\nRun with --help for more information.\n";
    }
    return parsed;
}

}  // namespace ringcast::bench
