#include "ringcast/membership/lock.hpp"

#include "place_in_line.hpp"

#include <utility>

namespace ringcast::membership {

Lock::Lock(Znodes& znodes, Scheduler& scheduler, Options options, Observer observer)
    : place_(std::make_shared<PlaceInLine>(
          znodes, scheduler,
          Line::Options{std::move(options.path), std::move(options.prefix), std::move(options.id)},
          std::move(options.data), std::move(observer))) {}

Lock::Lock(Lock&&) noexcept = default;
Lock& Lock::operator=(Lock&&) noexcept = default;
Lock::~Lock() = default;

bool Lock::held() const {
    return place_->line().first();
}
std::int64_t Lock::token() const {
    return place_->line().token();
}

void Lock::holder(HolderHandler handler) {
    place_->read_first(std::move(handler));
}

void Lock::release(std::function<void()> released) {
    place_->line().leave(std::move(released));
}

}  // namespace ringcast::membership
