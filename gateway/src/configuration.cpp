#include "configuration.hpp"

#include "ringcast/router/entries.hpp"
#include "settings.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <set>
#include <utility>

namespace ringcast::gateway {
namespace {

constexpr std::string_view environment_prefix = "RINGCAST_";

const Entry<Configuration>* find(std::string_view key) {
    const auto found = std::ranges::find(table(), key, &Entry<Configuration>::key);
    return found == table().end() ? nullptr : &*found;
}

bool is_section(std::string_view name) {
    return std::ranges::any_of(table(), [name](const Entry<Configuration>& entry) {
        return entry.key.starts_with(name) && entry.key.substr(name.size()).starts_with('.');
    });
}

/// The number of single-character edits between two short texts.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
        }
    }
    return row[b.size()];
}

std::string unknown(std::string_view key) {
    const Entry<Configuration>* nearest = nullptr;
    std::size_t least = 4;
    for (const auto& entry : table()) {
        const auto edits = distance(key, entry.key);
        if (edits < least) {
            least = edits;
            nearest = &entry;
        }
    }
    std::string text = "there is no setting '" + std::string(key) + "'";
    if (nearest != nullptr) text += "; is '" + nearest->key + "' meant?";
    return text;
}

/// One run over all sources.
class Loading {
public:
    explicit Loading(const ConfigurationSources& sources) : sources_(sources) {}

    LoadedConfiguration load() {
        if (sources_.file) read_file();
        read_environment();
        for (const auto& [key, text] : sources_.overrides) {
            assign_text("command line: ", key, text);
        }
        read_secrets_from_files();
        auto& configuration = loaded_.configuration;
        configuration.server.host = configuration.listen.host;
        configuration.server.port = configuration.listen.port;
        check();
        return std::move(loaded_);
    }

private:
    void fault(std::string text) { loaded_.faults.push_back(std::move(text)); }

    void read_file() {
        YAML::Node root;
        try {
            root = YAML::Load(*sources_.file);
        } catch (const YAML::Exception& error) {
            fault(sources_.file_name + ":" + std::to_string(error.mark.line + 1) +
                  ": not YAML: " + error.msg);
            return;
        }
        if (root.IsNull()) return;  // nothing but comments: all defaults
        if (!root.IsMap()) {
            fault(sources_.file_name + ": must hold sections such as 'server:'");
            return;
        }
        std::set<std::string> seen;
        for (const auto& pair : root) read_top(pair.first, pair.second, seen);
    }

    std::string place(const YAML::Node& node) const {
        return sources_.file_name + ":" + std::to_string(node.Mark().line + 1) + ": ";
    }

    void read_top(const YAML::Node& key, const YAML::Node& value, std::set<std::string>& seen) {
        if (!key.IsScalar()) return fault(place(key) + "a key must be a word");
        const std::string& name = key.Scalar();
        if (!seen.insert(name).second) fault(place(key) + "'" + name + "' is there twice");
        if (const auto* entry = find(name)) return assign(place(key), *entry, value);
        if (!is_section(name)) return fault(place(key) + unknown_section(name));
        if (value.IsNull()) return;  // a section whose lines are all commented out
        if (!value.IsMap()) return fault(place(key) + "'" + name + "' is a section");
        for (const auto& pair : value) {
            if (!pair.first.IsScalar()) {
                fault(place(pair.first) + "a key must be a word");
                continue;
            }
            const std::string full = name + "." + pair.first.Scalar();
            if (!seen.insert(full).second) fault(place(pair.first) + full + " is there twice");
            const auto* entry = find(full);
            if (entry == nullptr) {
                fault(place(pair.first) + unknown(full));
            } else {
                assign(place(pair.first), *entry, pair.second);
            }
        }
    }

    static std::string unknown_section(const std::string& name) {
        std::string known;
        for (const auto& entry : table()) {
            const std::string section = entry.key.substr(0, entry.key.find('.'));
            if (known.ends_with(section)) continue;
            known += (known.empty() ? "" : ", ") + section;
        }
        return "there is no section '" + name + "', only " + known;
    }

    void read_environment() {
        for (const auto& [name, text] : sources_.environment) {
            const auto found = std::ranges::find_if(
                table(), [&](const auto& entry) { return environment_name(entry.key) == name; });
            if (found != table().end()) {
                assign_text("environment " + name + ": ", found->key, text);
            } else {
                loaded_.warnings.push_back("environment " + name +
                                           " is ignored: no setting has that name");
            }
        }
    }

    void assign_text(const std::string& source, const std::string& key, const std::string& text) {
        const auto* entry = find(key);
        if (entry == nullptr) return fault(source + unknown(key));
        const bool yaml = key == "namespaces" || (entry->list && text.starts_with('['));
        YAML::Node value;
        if (yaml) {
            try {
                value = YAML::Load(text);
            } catch (const YAML::Exception& error) {
                return fault(source + key + " is not YAML: " + error.msg);
            }
        } else if (entry->list) {
            value = split(text);
        } else {
            value = YAML::Node(text);
        }
        assign(source, *entry, value);
    }

    static YAML::Node split(std::string_view text) {
        YAML::Node list(YAML::NodeType::Sequence);
        while (!text.empty()) {
            const auto comma = std::min(text.find(','), text.size());
            const std::string_view item = text.substr(0, comma);
            if (!item.empty()) list.push_back(std::string(item));
            text.remove_prefix(std::min(comma + 1, text.size()));
        }
        return list;
    }

    void assign(const std::string& source, const Entry<Configuration>& entry,
                const YAML::Node& value) {
        if (const auto why = entry.assign(loaded_.configuration, value)) {
            fault(source + entry.key + " " + (entry.secret ? "cannot be used" : *why));
        }
    }

    void read_secrets_from_files() {
        auto& configuration = loaded_.configuration;
        const auto read = [this](const char* key, const std::string& name, std::string& secret) {
            if (name.empty()) return;
            const auto line = sources_.first_line ? sources_.first_line(name) : std::nullopt;
            if (!line) {
                fault(std::string(key) + ": '" + name + "' cannot be read: " +
                      std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
            } else if (!secret.empty()) {
                fault(std::string(key) + " and the same without _file are both given");
            } else {
                secret = *line;
            }
        };
        read("redis.password_file", configuration.redis_password_file,
             configuration.router.node.password);
        read("zookeeper.digest_file", configuration.zookeeper.digest_file,
             configuration.zookeeper.digest);
    }

    void check() {
        const auto& configuration = loaded_.configuration;
        for (const auto& entry : table()) {
            const std::string shown = entry.show(configuration);
            if (entry.zero_refused && (shown == "0" || shown == "0s") && !is_servers(entry.key)) {
                fault(entry.key + " must be more than 0");
            }
        }
        for (auto& each : faults(configuration.server)) fault(std::move(each));
        check_identity();
        const auto& router = configuration.router;
        if (router.node.backoff_min > router.node.backoff_max) {
            fault("redis.backoff_min is above redis.backoff_max");
        }
        if (router.node.probe_timeout <= router.node.probe_interval) {
            fault("redis.probe_timeout must be above redis.probe_interval");
        }
        if (router.node.password.empty() && !router.node.user.empty()) {
            fault("redis.user is given without redis.password");
        }
        if (configuration.coordinator.vanish_percent_max > 100) {
            fault("coordinator.vanish_percent_max is above 100");
        }
        constexpr std::string_view levels[] = {"trace", "debug", "info", "warn", "error", "off"};
        if (std::ranges::find(levels, configuration.log.level) == std::end(levels)) {
            fault("log.level '" + configuration.log.level +
                  "' is not one of trace, debug, info, warn, error, off");
        }
    }

    /// Those that the server's own `faults` judges.
    static bool is_servers(std::string_view key) {
        return key.starts_with("limits.") || key.starts_with("times.") ||
               key.starts_with("server.");
    }

    void check_identity() {
        const auto& configuration = loaded_.configuration;
        const auto printable = [](std::string_view text) {
            return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
        };
        const auto& id = configuration.identity.id;
        if (!id.empty() && !router::is_entry_id(id)) {
            fault("gateway.id must be at most " + std::to_string(router::id_size_max) +
                  " printable characters without spaces and '/'");
        }
        const auto& cluster = configuration.zookeeper.cluster;
        if (cluster.empty() || !printable(cluster) || cluster.find('/') != std::string::npos) {
            fault("zookeeper.cluster must be a word without '/'");
        }
        const auto& digest = configuration.zookeeper.digest;
        if (!digest.empty() && digest.find(':') == std::string::npos) {
            fault("zookeeper.digest must be user:password");
        }
        if (!configuration.identity.standalone && configuration.zookeeper.hosts.empty()) {
            fault("zookeeper.hosts is empty; name the servers, or set gateway.standalone");
        }
        const auto& [host, port] = configuration.admin.listen;
        if (port != 0 && port == configuration.listen.port && host == configuration.listen.host) {
            fault("server.listen and admin.listen are the same");
        }
        for (const auto& key : configuration.api.keys) {
            if (key.empty()) fault("api.keys holds an empty key");
        }
    }

    const ConfigurationSources& sources_;
    LoadedConfiguration loaded_;
};

}  // namespace

std::string environment_name(std::string_view key) {
    std::string name(environment_prefix);
    for (const char c : key) {
        name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return name;
}

std::string id_of_place(std::string_view host, std::uint16_t port) {
    const std::string suffix = ":" + std::to_string(port);
    const std::size_t room = router::id_size_max - suffix.size();
    if (host.size() > room) host.remove_prefix(host.size() - room);
    return std::string(host) + suffix;
}

LoadedConfiguration load_configuration(const ConfigurationSources& sources) {
    return Loading(sources).load();
}

}  // namespace ringcast::gateway
