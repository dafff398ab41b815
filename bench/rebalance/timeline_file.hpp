#pragma once

#include "timeline.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace ringcast::bench {

/// Why a timeline could not be drawn into that file, and what to do about it, as far as can be
/// known before there is one; nothing: it could. Requires: no `fault_in_picture`.
[[nodiscard]] std::optional<std::string> missing_for(const std::filesystem::path& file);

/// Draws it as the file's extension says: .svg as it is, .png by rsvg-convert. Throws
/// std::runtime_error when it cannot be written. Requires: SIGPIPE is ignored.
void draw(const Timeline& timeline, const std::filesystem::path& file);

}  // namespace ringcast::bench
