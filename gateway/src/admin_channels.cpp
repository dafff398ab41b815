#include "admin_channels.hpp"

#include <algorithm>

namespace ringcast::gateway {
namespace {

// A slice takes well below a millisecond.
constexpr std::size_t slice_points_max = 4'096;
constexpr std::size_t slice_arcs_max = 8'192;

void append_point(std::string& out, std::uint64_t point) {
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(point >> shift & 0xff);
}

}  // namespace

bool ChannelPoints::operator()(std::string& out) {
    std::size_t made = 0;
    for (std::size_t arcs = 0; run_ != runs_.size(); ++arcs) {
        if (made >= slice_points_max || arcs == slice_arcs_max) return true;
        points_.clear();
        source_(static_cast<ring::Arc>(runs_[run_].first + offset_), points_);
        std::ranges::sort(points_);
        for (const std::uint64_t point : points_) append_point(out, point);
        made += points_.size();
        if (++offset_ == runs_[run_].length) {
            ++run_;
            offset_ = 0;
        }
    }
    return false;
}

}  // namespace ringcast::gateway
