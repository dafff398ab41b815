#include "ringcast/membership/election.hpp"

#include "place_in_line.hpp"

#include <utility>

namespace ringcast::membership {

Election::Election(Znodes& znodes, Scheduler& scheduler, Options options, Observer observer)
    : place_(std::make_shared<PlaceInLine>(
          znodes, scheduler,
          Line::Options{std::move(options.path), std::move(options.prefix), std::move(options.id)},
          std::move(options.data), std::move(observer))) {}

Election::Election(Election&&) noexcept = default;
Election& Election::operator=(Election&&) noexcept = default;
Election::~Election() = default;

bool Election::leading() const {
    return place_->line().first();
}
std::int64_t Election::term() const {
    return place_->line().token();
}

void Election::leader(LeaderHandler handler) {
    place_->read_first(std::move(handler));
}

}  // namespace ringcast::membership
