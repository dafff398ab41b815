#pragma once

#include "configuration.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace YAML {
class Node;
}

namespace ringcast::gateway {

/// What the table knows of one setting of a `Target`: how to read it and how to write it. Lambdas
/// that name the field are turned into these two functions by the type of the field alone.
template <typename Target>
struct Entry {
    std::string key;
    std::string_view form;
    std::string_view help;
    /// Takes over a value; a fault (without the key) when it cannot be one.
    std::optional<std::string> (*assign)(Target&, const YAML::Node& value);
    std::string (*show)(const Target&);
    bool list = false;    ///< text of the environment is split at commas
    bool secret = false;  ///< never shown, not even in a fault
    bool zero_refused = false;
};

/// The one table from which the file, the environment, the command line, `--help`, the sample and
/// the log of what holds are driven.
[[nodiscard]] const std::vector<Entry<Configuration>>& table();

/// Of one element of `namespaces`; also, under `channels.`, of channels without a namespace.
[[nodiscard]] const std::vector<Entry<NamespaceOptions>>& namespace_table();

}  // namespace ringcast::gateway
