#include "command_line.hpp"

#include "completion.hpp"
#include "examples.hpp"
#include "exit_code.hpp"
#include "report.hpp"
#include "when_text.hpp"
#include "wrong_use.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include <limits>
#include <sstream>
#include <string_view>

namespace ringcast::ctl {
namespace {

using Kind = router::Request::Kind;

constexpr std::size_t channel_size_max = 255;
constexpr std::uint32_t quiet_seconds = 60;
constexpr std::uint32_t weight_max = 1'000'000;
/// As `subscribe_rate`, which it stands in for.
constexpr std::uint32_t rate_max = 10'000'000;
/// As gateways take it.
constexpr std::uint32_t drain_rate_max = 1'000'000;

/// What stands on the command line in words, before it is understood.
struct Words {
    std::string output = "table";
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

std::string not_so(const char* what_it_is, const std::string& word) {
    return std::string(what_it_is) + ", not '" + word + "'";
}

Fault understand_when(const Words& words, router::Request& request) {
    const int ways =
        (words.now ? 1 : 0) + (words.window.empty() ? 0 : 1) + (words.below.empty() ? 0 : 1);
    if (ways > 1) return "--now, --window and --when-below exclude each other";
    if (!words.quiet_for.empty() && words.below.empty()) return "--for goes with --when-below";
    if (!words.window.empty()) {
        const auto window = parse_window(words.window);
        if (!window)
            return not_so("--window is two times of the day, UTC: 02:00-05:00", words.window);
        request.when = *window;
    }
    if (!words.below.empty()) {
        const auto below = parse_message_rate(words.below);
        if (!below)
            return not_so("--when-below is a number of messages a second: 5000/s", words.below);
        request.when.kind = router::When::Kind::quiet;
        request.when.below = *below;
        request.when.for_s = quiet_seconds;
        if (!words.quiet_for.empty()) {
            const auto seconds = parse_seconds(words.quiet_for);
            if (!seconds)
                return not_so("--for is a time up to a day: 60s, 5m, 1h", words.quiet_for);
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
    if (!steps) {
        return not_so("--steps are rising percents that end with 100: 25,50,100", words.steps);
    }
    if (request.kind == Kind::pin || request.kind == Kind::unpin) {
        return "one channel moves in one step: leave out --steps";
    }
    request.steps = *steps;
    return std::nullopt;
}

/// Whether clients can name it: their names come in JSON, and so does what is asked for and told.
Fault understand_channel(const std::string& channel) {
    boost::system::error_code error;
    (void)boost::json::parse(boost::json::serialize(boost::json::string(channel)), error);
    if (!channel.empty() && channel.size() <= channel_size_max && !error) return std::nullopt;
    return "a channel is 1 to 255 bytes of UTF-8";
}

Fault understand_request(const Words& words, router::Request& request) {
    if (const Fault fault = understand_way(words, request)) return fault;
    if (request.kind == Kind::pin || request.kind == Kind::unpin) {
        if (const Fault fault = understand_channel(request.channel)) return fault;
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
    if (words.output != "table" && words.output != "json") {
        return not_so("--output is table or json", words.output);
    }
    switch (line.command) {
        case Command::locate:
            return understand_channel(line.argument);
        case Command::plan:
        case Command::change:
            return understand_request(words, line.request);
        case Command::cancel:
        case Command::undo:
            if (line.argument.find('/') != std::string::npos) return "a name has no '/'";
            return understand_way(words, line.request);
        case Command::completion:
            if (!completion(line.argument)) {
                return not_so("SHELL is bash or zsh", line.argument);
            }
            return std::nullopt;
        default:
            return std::nullopt;
    }
}

/// A command and its examples; `above` is the program, or a command in two words.
CLI::App* take_command(CLI::App& above, const std::string& name, const char* help) {
    CLI::App* sub = above.add_subcommand(name, help);
    const bool first = above.get_parent() == nullptr;
    sub->footer(examples_of(first ? name : above.get_name() + " " + name));
    return sub;
}

/// What is told by its place; its name says what it is.
template <typename Value>
CLI::Option* take_word(CLI::App& sub, const char* name, Value& value, const char* help) {
    return sub.add_option(name, value, help)->type_name("");
}

/// In which parts and how fast something is to be moved.
void take_pace(CLI::App& sub, CommandLine& line, Words& words) {
    sub.add_option("--steps", words.steps, "percents of the change, one handoff each: 25,50,100")
        ->type_name("PERCENT,...,100");
    sub.add_option("--rate", line.request.rate,
                   "channels a second that each gateway moves; default: subscribe_rate")
        ->type_name("N")
        ->check(whole_number(1, rate_max));
}

/// When it is to be moved, and whether that is waited for.
void take_time(CLI::App& sub, CommandLine& line, Words& words) {
    sub.add_flag("--now", words.now, "do it as soon as what is under way is done (the default)");
    sub.add_option("--window", words.window, "do it between two times of the day, UTC")
        ->type_name("HH:MM-HH:MM");
    sub.add_option("--when-below", words.below,
                   "do it when the cluster carries fewer messages a second: 5000/s")
        ->type_name("N/s");
    sub.add_option("--for", words.quiet_for, "... and has done so for so long (60s)")
        ->type_name("N[s|m|h]");
    sub.add_flag("--dry-run", words.dry_run, "only tell what would happen, as `plan` does");
    sub.add_flag("--detach", line.detach, "do not wait until it is done");
}

/// add, remove, weight, pin and unpin: to be done, or to be planned.
void take_changes(CLI::App& app, Command command, CommandLine& line, Words& words) {
    const auto change = [&, command](const char* name, const char* help, Kind kind) {
        CLI::App* sub = take_command(app, name, help);
        sub->callback([&line, &words, command, kind] {
            line.command = words.dry_run ? Command::plan : command;
            line.request.kind = kind;
        });
        if (kind == Kind::pin || kind == Kind::unpin) {
            take_word(*sub, "CHANNEL", line.request.channel, "name of the channel")->required();
        }
        if (kind != Kind::unpin) {
            take_word(*sub, "NODE", line.request.node, "id of the node: see `ringcastctl status`")
                ->required();
        }
        if (kind == Kind::weight) {
            take_word(*sub, "WEIGHT", line.request.weight, "1 to 1000000")
                ->required()
                ->check(whole_number(1, weight_max));
        }
        if (kind == Kind::add) {
            sub->add_option("--weight", line.request.weight, "instead of the one it registered")
                ->type_name("N")
                ->check(whole_number(1, weight_max));
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
    const auto command = [&](CLI::App& above, const char* name, const char* help,
                             Command value) -> CLI::App& {
        CLI::App* sub = take_command(above, name, help);
        sub->callback([&line, value] { line.command = value; });
        return *sub;
    };
    command(app, "status", "Members, standby nodes, gateways and the view in force",
            Command::status);
    take_word(command(app, "locate", "Which node carries a channel", Command::locate), "CHANNEL",
              line.argument, "name of the channel")
        ->required();
    command(app, "pins", "Which channels are pinned, and to which node", Command::pins);
    CLI::App* plan = take_command(app, "plan", "What a change would move, from where to where");
    plan->require_subcommand(1);
    take_changes(*plan, Command::plan, line, words);
    take_changes(app, Command::change, line, words);
    command(app, "requests", "What is asked for and not done yet", Command::requests);
    take_word(command(app, "cancel", "Take a request back before its handoff has fenced a node",
                      Command::cancel),
              "REQUEST", line.argument, "its name: see `ringcastctl requests`")
        ->required();
    command(app, "pause", "Begin no handoff until `resume`; deaths are still handled",
            Command::pause);
    command(app, "resume", "Go on after `pause`", Command::resume);
    command(app, "watch", "Follow what is being moved, until there is nothing more to do",
            Command::watch);
    CLI::App& history = command(
        app, "history", "What was done to the ring, when, and who wanted it", Command::history);
    history.add_option("-n,--last", line.last, "so many entries; 0: all")
        ->type_name("N")
        ->check(whole_number(0, std::numeric_limits<std::uint32_t>::max()))
        ->capture_default_str();
    history.add_flag("--undoable", line.undoable, "only what `undo ENTRY` can take back");
    CLI::App& undo = command(app, "undo", "Take the last change back", Command::undo);
    take_word(undo, "ENTRY", line.argument, "another one: its name in `ringcastctl history`");
    take_pace(undo, line, words);
    take_time(undo, line, words);
    undo.callback([&line, &words] {
        line.command = Command::undo;
        line.dry_run = words.dry_run;
    });

    CLI::App* config = take_command(app, "config", "Settings of the whole cluster");
    config->require_subcommand(1);
    take_word(command(*config, "get", "What they are", Command::config_get), "NAME", line.argument,
              "only this one");
    CLI::App& set = command(*config, "set", "Change one, at once and for all", Command::config_set);
    take_word(set, "NAME", line.argument, "of the setting")->required();
    take_word(set, "VALUE", line.value, "an empty one restores the default")->required();

    CLI::App& drain = command(app, "drain-gateway", "Send a gateway's clients elsewhere and end it",
                              Command::drain);
    take_word(drain, "GATEWAY", line.argument, "its id: see `ringcastctl status`")->required();
    drain
        .add_option("--rate", line.drain_rate,
                    "clients a second; 0: as fast as it can; default: as it is configured")
        ->type_name("N")
        ->check(whole_number(0, drain_rate_max));
    drain.add_flag("--force", line.force, "also if no other gateway serves");
    drain.add_flag("--detach", line.detach, "do not wait until it is empty");
    take_word(
        command(app, "completion", "A script for the shell that completes commands and options",
                Command::completion),
        "SHELL", line.argument, "bash or zsh")
        ->required();
}

/// How the answer is wanted, also when the rest of the line cannot be understood.
Output output_of(int argc, const char* const* argv) {
    std::string_view output;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if ((word == "-o" || word == "--output") && i + 1 < argc) output = argv[++i];
        if (word.starts_with("--output=")) output = word.substr(word.find('=') + 1);
        if (word.starts_with("-o") && word.size() > 2) output = word.substr(2);
    }
    return output == "json" ? Output::json : Output::table;
}

Parsed refuse(const std::string& what, const CLI::App& app, Output output) {
    Report report = report_failure(what, ExitCode::wrong_use, output);
    report.error += "Run `" + command_of(app) + " --help` for more information.\n";
    return {{}, report.exit, std::move(report.text), std::move(report.error)};
}

}  // namespace

Parsed parse(int argc, const char* const* argv) {
    Parsed parsed;
    CommandLine& line = parsed.line;
    Words words;

    CLI::App app("Shows and changes the ring of a Ringcast cluster.", "ringcastctl");
    app.footer(examples_of(""));
    app.set_version_flag("--version", RINGCAST_VERSION);
    app.require_subcommand(1);
    app.fallthrough();
    app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    app.add_option("--zookeeper", line.zookeeper, "the ensemble, as host:port,host:port")
        ->type_name("HOST:PORT,...")
        ->envname("RINGCAST_ZOOKEEPER")
        ->capture_default_str();
    app.add_option("--cluster", line.cluster, "name of the cluster")
        ->type_name("NAME")
        ->envname("RINGCAST_CLUSTER")
        ->capture_default_str();
    app.add_option("--digest-file", line.digest_file,
                   "a file whose first line is user:password of a protected tree")
        ->type_name("FILE");
    app.add_option("-o,--output", words.output, "table or json")
        ->type_name("FORMAT")
        ->capture_default_str();
    CLI::Option* timeout =
        app.add_option("--timeout", words.seconds,
                       "how long to wait (default: 15; cancel: 30; a change, "
                       "drain-gateway and watch: until it is done)")
            ->type_name("SECONDS")
            ->check(seconds());
    app.add_flag("--verbose", line.verbose, "say what happens on the way to ZooKeeper");
    app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::Throw);
    take_commands(app, line, words);

    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& help) {
        std::ostringstream out;
        app.exit(help, out, out);
        parsed.exit = ExitCode::done;
        parsed.text = out.str();
        return parsed;
    } catch (const CLI::ParseError& error) {
        return refuse(sentence_of(error, app), app, output_of(argc, argv));
    }
    if (timeout->count() != 0) {
        line.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(words.seconds * 1'000));
    }
    if (words.output == "json") line.output = Output::json;
    if (const auto fault = understand(words, line)) {
        return refuse(*fault, app, line.output);
    }
    if (line.command == Command::completion) {
        parsed.exit = ExitCode::done;
        parsed.text = std::string(*completion(line.argument));
    }
    return parsed;
}

}  // namespace ringcast::ctl
