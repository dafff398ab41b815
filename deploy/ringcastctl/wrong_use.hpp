#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <string>

namespace ringcast::ctl {

/// What is said of a command line that makes no sense: the words that are wrong, and what would be
/// right. The library's own sentences speak of its own things.

/// The command that was understood so far: "ringcastctl plan add".
[[nodiscard]] std::string command_of(const CLI::App& app);

[[nodiscard]] std::string sentence_of(const CLI::ParseError& error, const CLI::App& app);

/// What an option takes, and says when it is given something else.
[[nodiscard]] CLI::Validator whole_number(std::uint64_t from, std::uint64_t to);
[[nodiscard]] CLI::Validator seconds();

}  // namespace ringcast::ctl
