#pragma once

#include "ringcast/gateway/options.hpp"
#include "ringcast/router/options.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ringcast::gateway {

/// A place to listen on; text form `host:port`, IPv6 in brackets.
struct Endpoint {
    std::string host;
    std::uint16_t port = 0;

    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// Who this process is, and what it runs with.
struct IdentityOptions {
    std::string id;             ///< unique in the cluster; empty: made of host name and port
    bool standalone = false;    ///< one process, without ZooKeeper and Redis
    std::string advertise_url;  ///< how clients reach it; empty: made of host name and port
    unsigned drain_rate =
        0;  ///< sessions closed a second by a graceful stop; 0: as fast as it goes
};

struct AdminOptions {
    Endpoint listen{"127.0.0.1", 8001};
    std::string advertise_url;  ///< how operators reach it; empty: made of the address
};

/// The HTTP API for application servers, on the client port.
struct ApiOptions {
    std::vector<std::string> keys;  ///< any of them opens it; none: every request is refused
    std::chrono::milliseconds idempotency_window{300'000};
    std::size_t idempotency_entries_max = 100'000;  ///< beyond, the oldest are forgotten early
    std::size_t broadcast_channels_max = 1'000;
    std::size_t batch_commands_max = 1'000;
};

struct ZookeeperSettings {
    std::string hosts = "127.0.0.1:2181";  ///< host:port, several with commas
    std::string cluster = "ringcast";      ///< the tree stands under /ringcast/<cluster>
    std::chrono::milliseconds session_timeout{6'000};
    std::string digest;       ///< `user:password`, when the tree is protected; empty: open
    std::string digest_file;  ///< the same from a file
};

struct LogOptions {
    std::string level = "info";  ///< trace, debug, info, warn, error or off
};

/// Everything `ringcast-gateway` can be told, with its defaults.
struct Configuration {
    IdentityOptions identity;
    Endpoint listen{"0.0.0.0", 8000};  ///< copied into `server` once loaded
    Options server;
    AdminOptions admin;
    ApiOptions api;
    ZookeeperSettings zookeeper;
    router::RouterOptions router;
    std::string redis_password_file;
    router::CoordinatorOptions coordinator;
    LogOptions log;
};

/// One thing that may be set: in the file as `section: {name: value}`, in the environment as
/// `RINGCAST_SECTION_NAME`, on the command line as `--set section.name=value`.
struct Setting {
    std::string key;        ///< "limits.queue_bytes_max"
    std::string_view form;  ///< what a value looks like, for people
    std::string_view help;
    std::string initial;  ///< its default as it would be written in the file
    bool secret = false;
};

/// All of them, in the order of the sample file.
[[nodiscard]] const std::vector<Setting>& settings();

/// The environment variable of a setting.
[[nodiscard]] std::string environment_name(std::string_view key);

/// The id of a gateway that was given none. Of a long name of a host its end: that is where those
/// of one kind differ.
[[nodiscard]] std::string id_of_place(std::string_view host, std::uint16_t port);

/// Where values come from, weakest first.
struct ConfigurationSources {
    std::string file_name;                                       ///< for faults; empty: no file
    std::optional<std::string> file;                             ///< its text
    std::map<std::string, std::string> environment;              ///< names from RINGCAST_ on
    std::vector<std::pair<std::string, std::string>> overrides;  ///< key and value, in order
    /// The first line of a file that a setting names; nothing when it cannot be read.
    std::function<std::optional<std::string>(const std::string& name)> first_line;
};

struct LoadedConfiguration {
    Configuration configuration;
    std::vector<std::string> faults;    ///< not empty: do not start
    std::vector<std::string> warnings;  ///< worth a line in the log
};

/// Reads all sources and checks what comes out; every fault is found in one go.
[[nodiscard]] LoadedConfiguration load_configuration(const ConfigurationSources& sources);

/// `key=value` for everything that differs from its default, secrets as `***`.
[[nodiscard]] std::vector<std::string> describe(const Configuration& configuration);

/// The commented file with every setting at its default: deploy/config/ringcast-gateway.yaml.
[[nodiscard]] std::string sample_file();

/// The settings, for `--help`.
[[nodiscard]] std::string settings_help();

}  // namespace ringcast::gateway
