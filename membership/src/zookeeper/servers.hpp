#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ringcast::membership::zookeeper {

/// A host string taken apart: "a:1,b:2/chroot". The chroot is ours to prepend: handed to the client
/// library it would only hide which part of a path is missing.
struct Servers {
    std::string hosts;   ///< "a:1,b:2"
    std::string chroot;  ///< "" or "/chroot"
};

[[nodiscard]] Servers split(std::string_view hosts_and_chroot);

/// What is wrong with a list of servers, in words for an operator; nothing: all is well.
void append_faults(const Servers& servers, std::vector<std::string>& faults);

/// Absolute, without empty or dotted segments, control characters or a slash at the end ("/" is
/// fine).
[[nodiscard]] bool is_path(std::string_view path);

}  // namespace ringcast::membership::zookeeper
