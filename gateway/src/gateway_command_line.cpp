#include "gateway_command_line.hpp"

#include "ringcast/gateway/protocol.hpp"

#include <CLI/CLI.hpp>

#include <sstream>
#include <string_view>
#include <utility>

namespace ringcast::gateway {
namespace {

constexpr const char* examples =
    "\nExamples:\n"
    "  ringcast-gateway --standalone --insecure\n"
    "  ringcast-gateway --config /etc/ringcast/gateway.yaml --id gw-1 --listen 0.0.0.0:8000\n"
    "  ringcast-gateway --zookeeper zk1:2181,zk2:2181 --set limits.queue_bytes_max=4MiB\n"
    "  ringcast-gateway --check --config gateway.yaml\n"
    "\n"
    "Signals: TERM and INT drain and stop, a second one stops at once.\n"
    "Exit status: 0 stopped, 1 failed, 2 wrong settings or use.\n";

/// A flag that stands for a setting and takes a value.
struct Flag {
    const char* name;
    const char* key;
    const char* help;
};

constexpr Flag flags[] = {
    {"--id", "gateway.id", "name of this gateway, unique in the cluster"},
    {"--listen", "server.listen", "HOST:PORT for clients"},
    {"--admin-listen", "admin.listen", "HOST:PORT for operators"},
    {"--zookeeper", "zookeeper.hosts", "HOST:PORT of the servers, commas between them"},
    {"--cluster", "zookeeper.cluster", "name of the cluster"},
    {"--threads", "server.threads", "threads that serve clients"},
    {"--log-level", "log.level", "trace, debug, info, warn, error or off"},
    {"--advertise-url", "gateway.advertise_url", "how clients reach this gateway"},
};

std::string list_of(const std::vector<std::string>& texts) {
    std::string out = "[";
    for (const auto& text : texts) {
        if (out.size() > 1) out += ',';
        append_json_string(out, text);
    }
    return out + "]";
}

}  // namespace

ParsedCommandLine parse_command_line(int argc, const char* const* argv,
                                     const Surroundings& surroundings) {
    ParsedCommandLine parsed;
    std::vector<std::string> faults;
    std::string config;
    std::vector<std::string> sets;
    std::vector<std::string> api_keys;
    std::vector<std::string> values(std::size(flags));
    bool standalone = false;
    bool insecure = false;
    bool sample = false;

    CLI::App app{
        "ringcast-gateway accepts chat clients over WebSocket and carries their channels\n"
        "over a ring of Redis nodes.\n",
        "ringcast-gateway"};
    app.add_option("--config", config, "YAML file with settings");
    for (std::size_t i = 0; i < std::size(flags); ++i) {
        app.add_option(flags[i].name, values[i],
                       std::string(flags[i].help) + " (" + flags[i].key + ")");
    }
    app.add_option("--api-key", api_keys, "key of the HTTP API; may be repeated (api.keys)")
        ->allow_extra_args(false);
    app.add_flag("--standalone", standalone,
                 "one process, without ZooKeeper and Redis (gateway.standalone)");
    app.add_flag("--insecure", insecure,
                 "for tests: no token needed, everything allowed (admission.insecure)");
    app.add_option("--set", sets, "KEY=VALUE: any setting; may be repeated")
        ->allow_extra_args(false);
    app.add_flag("--check", parsed.check, "only look for faults in the settings");
    app.add_flag("--sample", sample, "print the commented file with every setting");
    app.set_version_flag("--version", "ringcast-gateway " + Options{}.version);
    app.footer(std::string(examples) + "\n" + settings_help());

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) {
            std::ostringstream out;
            std::ostringstream err;
            app.exit(error, out, err);
            parsed.reply = out.str();
            return parsed;
        }
        faults.push_back(std::string("command line: ") + error.what());
    }
    if (sample) {
        parsed.reply = sample_file();
        return parsed;
    }

    ConfigurationSources sources;
    sources.environment = surroundings.environment;
    sources.first_line = surroundings.first_line;
    // Not a setting, but where settings are.
    if (const auto variable = sources.environment.extract("RINGCAST_CONFIG");
        !variable.empty() && config.empty()) {
        config = variable.mapped();
    }
    if (!config.empty()) {
        sources.file_name = config;
        sources.file = surroundings.file(config);
        if (!sources.file) faults.push_back("--config '" + config + "' cannot be read");
    }
    for (const auto& set : sets) {
        const auto equals = set.find('=');
        if (equals == std::string::npos) {
            faults.push_back("--set '" + set + "' is not KEY=VALUE");
        } else {
            sources.overrides.emplace_back(set.substr(0, equals), set.substr(equals + 1));
        }
    }
    for (std::size_t i = 0; i < std::size(flags); ++i) {
        if (app.count(flags[i].name) > 0) sources.overrides.emplace_back(flags[i].key, values[i]);
    }
    if (!api_keys.empty()) sources.overrides.emplace_back("api.keys", list_of(api_keys));
    if (standalone) sources.overrides.emplace_back("gateway.standalone", "true");
    if (insecure) sources.overrides.emplace_back("admission.insecure", "true");

    parsed.loaded = load_configuration(sources);
    parsed.loaded.faults.insert(parsed.loaded.faults.begin(), faults.begin(), faults.end());
    return parsed;
}

}  // namespace ringcast::gateway
