#include "command_line.hpp"

#include "exit_code.hpp"
#include "ringcast/router/entries.hpp"

#include <CLI/CLI.hpp>

#include <sstream>

namespace ringcast::ctl {
namespace {

constexpr const char* examples = R"(
Examples:
  ringcastctl status
  ringcastctl --zookeeper zk1:2181,zk2:2181,zk3:2181 --cluster chat status
  ringcastctl locate news:sports
  ringcastctl add redis-4
  ringcastctl -o json remove redis-2 | jq .arcs_moved

Exit codes: 0 done, 1 refused, 2 wrong use, 3 ZooKeeper not reachable, 4 timed out.)";

constexpr std::size_t channel_size_max = 255;

/// A sentence about what is wrong, or nothing.
std::optional<std::string> fault_in(const CommandLine& line) {
    if (line.cluster.empty() || line.cluster.find('/') != std::string::npos) {
        return "--cluster must be a word without '/'";
    }
    if (line.timeout.count() <= 0) return "--timeout must be more than 0 seconds";
    if (line.command == Command::locate) {
        const bool good = !line.argument.empty() && line.argument.size() <= channel_size_max;
        return good ? std::nullopt : std::optional<std::string>("a channel has 1 to 255 bytes");
    }
    if (line.command == Command::add || line.command == Command::remove) {
        router::Request request;
        request.node = line.argument;
        if (!router::parse_request(router::encode(request))) {
            return "'" + line.argument + "' cannot be the name of a node";
        }
    }
    return std::nullopt;
}

}  // namespace

Parsed parse(int argc, const char* const* argv) {
    Parsed parsed;
    CommandLine& line = parsed.line;
    double seconds = std::chrono::duration<double>(line.timeout).count();

    CLI::App app("Shows and changes the ring of a Ringcast cluster.", "ringcastctl");
    app.footer(examples);
    app.set_version_flag("--version", RINGCAST_VERSION);
    app.require_subcommand(1);
    app.fallthrough();
    app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    app.add_option("--zookeeper", line.zookeeper, "the ensemble, as host:port,host:port")
        ->envname("RINGCAST_ZOOKEEPER")
        ->capture_default_str();
    app.add_option("--cluster", line.cluster, "name of the cluster")
        ->envname("RINGCAST_CLUSTER")
        ->capture_default_str();
    app.add_option("--digest-file", line.digest_file,
                   "a file whose first line is user:password of a protected tree");
    const std::map<std::string, Output> outputs{{"table", Output::table}, {"json", Output::json}};
    app.add_option("-o,--output", line.output, "table or json")
        ->transform(CLI::CheckedTransformer(outputs).description(""))
        ->type_name("FORMAT")
        ->default_str("table");
    app.add_option("--timeout", seconds, "seconds to wait for the answer")->capture_default_str();
    app.add_flag("--verbose", line.verbose, "say what happens on the way to ZooKeeper");

    app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::Throw);
    const auto command = [&](const char* name, const char* help, Command value) {
        CLI::App* sub = app.add_subcommand(name, help);
        sub->callback([&line, value] { line.command = value; });
        return sub;
    };
    command("status", "Members, standby nodes, gateways and the view in force", Command::status);
    command("locate", "Which node carries a channel", Command::locate)
        ->add_option("CHANNEL", line.argument, "name of the channel")
        ->required();
    command("add", "Make a node on standby a member of the ring", Command::add)
        ->add_option("NODE", line.argument, "id of the node: see `ringcastctl status`")
        ->required();
    command("remove", "Take a member out of the ring; it stays on standby", Command::remove)
        ->add_option("NODE", line.argument, "id of the member")
        ->required();

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        std::ostringstream out;
        std::ostringstream err;
        const int code = app.exit(error, out, err);
        parsed.exit = code == 0 ? ExitCode::done : ExitCode::wrong_use;
        parsed.text = code == 0 ? out.str() : err.str();
        return parsed;
    }
    line.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1'000));
    if (const auto fault = fault_in(line)) {
        parsed.exit = ExitCode::wrong_use;
        parsed.text = *fault + "\nRun with --help for more information.\n";
    }
    return parsed;
}

}  // namespace ringcast::ctl
