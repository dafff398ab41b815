#include "servers.hpp"

#include "ringcast/membership/zookeeper.hpp"

#include <algorithm>
#include <charconv>

namespace ringcast::membership::zookeeper {
namespace {

bool has_blank_or_control(std::string_view text) {
    return std::ranges::any_of(
        text, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 127; });
}

bool is_host_and_port(std::string_view server) {
    const auto colon = server.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return false;
    const auto digits = server.substr(colon + 1);
    unsigned port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    return error == std::errc{} && end == digits.data() + digits.size() && port >= 1 &&
           port <= 65'535;
}

}  // namespace

Servers split(std::string_view hosts_and_chroot) {
    const auto slash = hosts_and_chroot.find('/');
    if (slash == std::string_view::npos) return {std::string{hosts_and_chroot}, {}};
    auto chroot = hosts_and_chroot.substr(slash);
    if (chroot == "/") chroot = {};
    return {std::string{hosts_and_chroot.substr(0, slash)}, std::string{chroot}};
}

void append_faults(const Servers& servers, std::vector<std::string>& faults) {
    std::string_view rest = servers.hosts;
    while (true) {
        const auto comma = rest.find(',');
        const auto server = rest.substr(0, comma);
        if (has_blank_or_control(server) || !is_host_and_port(server)) {
            faults.push_back("zookeeper: '" + std::string{server} +
                             "' in the hosts is not host:port");
        }
        if (comma == std::string_view::npos) break;
        rest.remove_prefix(comma + 1);
    }
    if (!servers.chroot.empty() && !is_path(servers.chroot)) {
        faults.push_back("zookeeper: the chroot '" + servers.chroot +
                         "' of the hosts is not a path");
    }
}

bool is_path(std::string_view path) {
    if (path == "/") return true;
    if (!path.starts_with('/') || path.ends_with('/') || has_blank_or_control(path)) return false;
    std::string_view rest = path.substr(1);
    while (true) {
        const auto slash = rest.find('/');
        const auto segment = rest.substr(0, slash);
        if (segment.empty() || segment == "." || segment == "..") return false;
        if (slash == std::string_view::npos) return true;
        rest.remove_prefix(slash + 1);
    }
}

}  // namespace ringcast::membership::zookeeper

namespace ringcast::membership {

std::vector<std::string> faults_in(const ZooKeeperOptions& options) {
    using namespace std::chrono_literals;
    std::vector<std::string> faults;
    zookeeper::append_faults(zookeeper::split(options.hosts), faults);
    if (!zookeeper::is_path(options.root)) {
        faults.push_back("zookeeper: the root '" + options.root +
                         "' is not a path: it starts with a slash and does not end with one");
    }
    if (options.session_timeout < 200ms || options.session_timeout > 10min) {
        faults.emplace_back("zookeeper: the session timeout is not between 200 ms and 10 minutes");
    }
    if (options.complain_after <= 0ms) {
        faults.emplace_back("zookeeper: the time before complaining is not positive");
    }
    if (options.user.empty() != options.password.empty()) {
        faults.emplace_back("zookeeper: user and password go together: one of them is empty");
    }
    if (options.user.find(':') != std::string::npos) {
        faults.emplace_back("zookeeper: the user contains a colon");
    }
    return faults;
}

}  // namespace ringcast::membership
