#include "command_line.hpp"

#include "completion.hpp"
#include "exit_code.hpp"
#include "when_text.hpp"

#include <CLI/CLI.hpp>

#include <sstream>

namespace ringcast::ctl {
namespace {

using Kind = router::Request::Kind;

constexpr const char* examples = R"(
Examples:
  ringcastctl status
  ringcastctl --zookeeper zk1:2181,zk2:2181,zk3:2181 --cluster chat status
  ringcastctl locate news:sports
  ringcastctl plan add redis-4 --steps 25,50,100
  ringcastctl add redis-4
  ringcastctl weight redis-2 300 --window 02:00-05:00 --detach
  ringcastctl remove redis-1 --when-below 5000/s --for 60s --steps 50,100
  ringcastctl pin news:sports redis-3
  ringcastctl watch
  ringcastctl undo
  ringcastctl -o json remove redis-2 | jq .arcs_moved
  source <(ringcastctl completion bash)

Exit codes: 0 done, 1 refused, 2 wrong use, 3 ZooKeeper not reachable, 4 timed out (the request
stays in the queue), 5 another operator holds the lock, 6 a gateway did not answer: not the whole,
130 interrupted.)";

constexpr std::size_t channel_size_max = 255;
constexpr std::uint32_t quiet_seconds = 60;

/// What stands on the command line in words, before it is understood.
struct Words {
    double seconds = 0;
    bool now = false;
    bool dry_run = false;
    std::string window;
    std::string below;
    std::string quiet_for;
    std::string steps;
};

/// A sentence about what is wrong, or nothing.
using Fault = std::optional<std::string>;

Fault understand_when(const Words& words, router::Request& request) {
    const int ways =
        (words.now ? 1 : 0) + (words.window.empty() ? 0 : 1) + (words.below.empty() ? 0 : 1);
    if (ways > 1) return "--now, --window and --when-below exclude each other";
    if (!words.quiet_for.empty() && words.below.empty()) return "--for goes with --when-below";
    if (!words.window.empty()) {
        const auto window = parse_window(words.window);
        if (!window) return "--window is two times of the day, UTC: 02:00-05:00";
        request.when = *window;
    }
    if (!words.below.empty()) {
        const auto below = parse_message_rate(words.below);
        if (!below) return "--when-below is a number of messages a second: 5000/s";
        request.when.kind = router::When::Kind::quiet;
        request.when.below = *below;
        request.when.for_s = quiet_seconds;
        if (!words.quiet_for.empty()) {
            const auto seconds = parse_seconds(words.quiet_for);
            if (!seconds) return "--for is a time up to a day: 60s, 5m, 1h";
            request.when.for_s = *seconds;
        }
    }
    return std::nullopt;
}

/// When it is to be done, and in how many steps.
Fault understand_way(const Words& words, router::Request& request) {
    if (const Fault fault = understand_when(words, request)) return fault;
    if (words.steps.empty()) return std::nullopt;
    const auto steps = parse_steps(words.steps);
    if (!steps) return "--steps are rising percents that end with 100: 25,50,100";
    if (request.kind == Kind::pin || request.kind == Kind::unpin) {
        return "one channel moves in one step: leave out --steps";
    }
    request.steps = *steps;
    return std::nullopt;
}

Fault understand_request(const Words& words, router::Request& request) {
    if (const Fault fault = understand_way(words, request)) return fault;
    const bool about_channel = request.kind == Kind::pin || request.kind == Kind::unpin;
    if (about_channel && (request.channel.empty() || request.channel.size() > channel_size_max)) {
        return "a channel has 1 to 255 bytes";
    }
    if (router::parse_request(encode(request))) return std::nullopt;
    router::Request named;
    named.node = request.node;
    if (request.kind != Kind::unpin && !router::parse_request(encode(named))) {
        return "'" + request.node + "' cannot be the name of a node";
    }
    return "that makes no sense; weights go from 1 to 1000000";
}

Fault understand(const Words& words, CommandLine& line) {
    if (line.cluster.empty() || line.cluster.find('/') != std::string::npos) {
        return "--cluster must be a word without '/'";
    }
    if (words.seconds < 0) return "--timeout must be more than 0 seconds";
    switch (line.command) {
        case Command::locate: {
            const bool good = !line.argument.empty() && line.argument.size() <= channel_size_max;
            return good ? std::nullopt : Fault("a channel has 1 to 255 bytes");
        }
        case Command::plan:
        case Command::change:
            return understand_request(words, line.request);
        case Command::cancel:
        case Command::undo:
            if (line.argument.find('/') != std::string::npos) return "a name has no '/'";
            return understand_way(words, line.request);
        case Command::completion:
            if (!completion(line.argument)) return "there is completion for bash and zsh";
            return std::nullopt;
        default:
            return std::nullopt;
    }
}

/// In which parts and how fast something is to be moved.
void take_pace(CLI::App& sub, CommandLine& line, Words& words) {
    sub.add_option("--steps", words.steps, "percents of the change, one handoff each: 25,50,100");
    sub.add_option("--rate", line.request.rate,
                   "channels a second that each gateway moves; default: subscribe_rate");
}

/// When it is to be moved, and whether that is waited for.
void take_time(CLI::App& sub, CommandLine& line, Words& words) {
    sub.add_flag("--now", words.now, "do it as soon as what is under way is done (the default)");
    sub.add_option("--window", words.window, "do it between two times of the day, UTC");
    sub.add_option("--when-below", words.below,
                   "do it when the cluster carries fewer messages a second: 5000/s");
    sub.add_option("--for", words.quiet_for, "... and has done so for so long (60s)");
    sub.add_flag("--dry-run", words.dry_run, "only tell what would happen, as `plan` does");
    sub.add_flag("--detach", line.detach, "do not wait until it is done");
}

/// add, remove, weight, pin and unpin: to be done, or to be planned.
void take_changes(CLI::App& app, Command command, CommandLine& line, Words& words) {
    const auto change = [&, command](const char* name, const char* help, Kind kind) {
        CLI::App* sub = app.add_subcommand(name, help);
        sub->callback([&line, &words, command, kind] {
            line.command = words.dry_run ? Command::plan : command;
            line.request.kind = kind;
        });
        if (kind == Kind::pin || kind == Kind::unpin) {
            sub->add_option("CHANNEL", line.request.channel, "name of the channel")->required();
        }
        if (kind != Kind::unpin) {
            sub->add_option("NODE", line.request.node, "id of the node: see `ringcastctl status`")
                ->required();
        }
        if (kind == Kind::weight) {
            sub->add_option("WEIGHT", line.request.weight, "1 to 1000000")->required();
        }
        if (kind == Kind::add) {
            sub->add_option("--weight", line.request.weight, "instead of the one it registered");
        }
        take_pace(*sub, line, words);
        if (command != Command::plan) take_time(*sub, line, words);
    };
    change("add", "Make a node on standby a member of the ring", Kind::add);
    change("remove", "Take a member out of the ring; it stays on standby", Kind::remove);
    change("weight", "Give a member another share of the ring", Kind::weight);
    change("pin", "Put a channel on a given member, whatever its arc says", Kind::pin);
    change("unpin", "Let a channel live where its arc is", Kind::unpin);
}

void take_commands(CLI::App& app, CommandLine& line, Words& words) {
    const auto command = [&](CLI::App& below, const char* name, const char* help, Command value) {
        CLI::App* sub = below.add_subcommand(name, help);
        sub->callback([&line, value] { line.command = value; });
        return sub;
    };
    command(app, "status", "Members, standby nodes, gateways and the view in force",
            Command::status);
    command(app, "locate", "Which node carries a channel", Command::locate)
        ->add_option("CHANNEL", line.argument, "name of the channel")
        ->required();
    CLI::App* plan = app.add_subcommand("plan", "What a change would move, from where to where");
    plan->require_subcommand(1);
    take_changes(*plan, Command::plan, line, words);
    take_changes(app, Command::change, line, words);
    command(app, "requests", "What is asked for and not done yet", Command::requests);
    command(app, "cancel", "Take a request back before its handoff has fenced a node",
            Command::cancel)
        ->add_option("REQUEST", line.argument, "its name: see `ringcastctl requests`")
        ->required();
    command(app, "pause", "Begin no handoff until `resume`; deaths are still handled",
            Command::pause);
    command(app, "resume", "Go on after `pause`", Command::resume);
    command(app, "watch", "Follow what is being moved, until there is nothing more to do",
            Command::watch);
    command(app, "history", "What was done to the ring, when, and who wanted it", Command::history)
        ->add_option("-n,--last", line.last, "so many entries; 0: all")
        ->capture_default_str();
    CLI::App* undo = command(app, "undo", "Take the last change back", Command::undo);
    undo->add_option("ENTRY", line.argument, "another one: its name in `ringcastctl history`");
    take_pace(*undo, line, words);
    take_time(*undo, line, words);
    undo->callback([&line, &words] {
        line.command = Command::undo;
        line.dry_run = words.dry_run;
    });

    CLI::App* config = app.add_subcommand("config", "Settings of the whole cluster");
    config->require_subcommand(1);
    command(*config, "get", "What they are", Command::config_get)
        ->add_option("NAME", line.argument, "only this one");
    CLI::App* set = command(*config, "set", "Change one, at once and for all", Command::config_set);
    set->add_option("NAME", line.argument, "of the setting")->required();
    set->add_option("VALUE", line.value, "an empty one restores the default")->required();

    CLI::App* drain = command(app, "drain-gateway", "Send a gateway's clients elsewhere and end it",
                              Command::drain);
    drain->add_option("GATEWAY", line.argument, "its id: see `ringcastctl status`")->required();
    drain->add_option("--rate", line.drain_rate,
                      "clients a second; 0: as fast as it can; default: as it is configured");
    drain->add_flag("--force", line.force, "also if no other gateway serves");
    drain->add_flag("--detach", line.detach, "do not wait until it is empty");
    command(app, "completion", "A script for the shell that completes commands and options",
            Command::completion)
        ->add_option("SHELL", line.argument, "bash or zsh")
        ->required();
}

}  // namespace

Parsed parse(int argc, const char* const* argv) {
    Parsed parsed;
    CommandLine& line = parsed.line;
    Words words;

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
    CLI::Option* timeout = app.add_option(
        "--timeout", words.seconds, "seconds to wait (default: 15; for a change until it is done)");
    app.add_flag("--verbose", line.verbose, "say what happens on the way to ZooKeeper");
    app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::Throw);
    take_commands(app, line, words);

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
    if (timeout->count() != 0) {
        line.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(words.seconds * 1'000));
        if (line.timeout->count() <= 0) words.seconds = -1;
    }
    if (const auto fault = understand(words, line)) {
        parsed.exit = ExitCode::wrong_use;
        parsed.text = *fault + "\nRun with --help for more information.\n";
    } else if (line.command == Command::completion) {
        parsed.exit = ExitCode::done;
        parsed.text = std::string(*completion(line.argument));
    }
    return parsed;
}

}  // namespace ringcast::ctl
