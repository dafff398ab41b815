#include "configuration.hpp"
#include "settings.hpp"

#include <algorithm>
#include <utility>

namespace ringcast::gateway {
namespace {

void append_wrapped(std::string& out, std::string_view text, const std::string& margin) {
    constexpr std::size_t columns = 100;
    std::size_t column = columns;
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, end);
        if (column + 1 + word.size() > columns) {
            if (!out.empty() && out.back() != '\n') out += '\n';
            out += margin;
            column = margin.size();
        } else {
            out += ' ';
            ++column;
        }
        out += word;
        column += word.size();
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    out += '\n';
}

}  // namespace

const std::vector<Setting>& settings() {
    static const std::vector<Setting> made = [] {
        const Configuration initial;
        std::vector<Setting> all;
        for (const auto& entry : table()) {
            all.push_back({entry.key, entry.form, entry.help, entry.show(initial), entry.secret});
        }
        return all;
    }();
    return made;
}

std::vector<std::string> describe(const Configuration& configuration) {
    const Configuration initial;
    std::vector<std::string> lines;
    for (const auto& entry : table()) {
        const std::string value = entry.show(configuration);
        if (value == entry.show(initial)) continue;
        lines.push_back(entry.key + "=" + (entry.secret ? "***" : value));
    }
    return lines;
}

std::string sample_file() {
    std::string out =
        "# ringcast-gateway: every setting with its default; take the # before a name away to set "
        "it.\n"
        "#\n"
        "# Each may also be given as RINGCAST_SECTION_NAME in the environment, which wins over "
        "this\n"
        "# file, or as --set section.name=value on the command line, which wins over both. Times "
        "take\n"
        "# a unit (500ms, 25s, 5m, 1h), numbers may take KiB, MiB or GiB. Secrets are better kept "
        "out\n"
        "# of here: in the environment, or in files named by the *_file settings.\n"
        "# `ringcast-gateway --check --config FILE` tells every fault at once.\n";
    std::string section;
    for (const auto& setting : settings()) {
        const auto dot = setting.key.find('.');
        const std::string own = setting.key.substr(0, dot);
        out += "\n";
        if (std::exchange(section, own) != own) out += own + ":\n";
        if (dot == std::string::npos) {
            out.resize(out.size() - own.size() - 2);
            append_wrapped(out, setting.help, "# ");
            out += "#" + own + ":\n";
            out +=
                "#  - name: chat\n"
                "#    subscribe_for_clients: true\n"
                "#    publish_for_subscribers: true\n";
            continue;
        }
        append_wrapped(out, setting.help, "  # ");
        out += "  #" + setting.key.substr(dot + 1) + ": " + setting.initial + "\n";
    }
    return out;
}

std::string settings_help() {
    std::string out =
        "Settings, for --set KEY=VALUE; in the file KEY is section and name; in the environment\n"
        "limits.queue_bytes_max is RINGCAST_LIMITS_QUEUE_BYTES_MAX. The command line wins over "
        "the\n"
        "environment, the environment over the file:\n";
    for (const auto& setting : settings()) {
        out +=
            "  " + setting.key + "  " + std::string(setting.form) + "  [" + setting.initial + "]\n";
        append_wrapped(out, setting.help, "        ");
    }
    return out;
}

}  // namespace ringcast::gateway
