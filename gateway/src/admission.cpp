#include "admission.hpp"

#include <utility>

namespace ringcast::gateway {
namespace {

// So many connections beyond the limit are told that there are too many; further ones are just
// closed.
constexpr std::size_t answered_beyond_limit = 1'024;

}  // namespace

Admission::Admission(const Options& options)
    : limits_(options.limits),
      connections_per_user_max_(options.admission.connections_per_user_max),
      rate_(options.limits.accepts_per_second) {}

Admission::Ticket::Ticket(Admission& admission, std::string address)
    : admission_(&admission), address_(std::move(address)) {}

Admission::Ticket::Ticket(Ticket&& other) noexcept
    : admission_(std::exchange(other.admission_, nullptr)), address_(std::move(other.address_)) {}

Admission::Ticket::~Ticket() {
    if (admission_ != nullptr) admission_->leave(address_);
}

std::optional<Admission::Ticket> Admission::enter(const std::string& address) {
    const std::lock_guard lock(mutex_);
    if (connections_ >= limits_.connections_max + answered_beyond_limit) return std::nullopt;
    ++connections_;
    ++by_address_[address];
    return Ticket(*this, address);
}

void Admission::leave(const std::string& address) {
    const std::lock_guard lock(mutex_);
    --connections_;
    const auto found = by_address_.find(address);
    if (--found->second == 0) by_address_.erase(found);
}

std::optional<HandshakeRefusal> Admission::refusal(const Ticket& ticket,
                                                   std::chrono::steady_clock::time_point now) {
    const std::lock_guard lock(mutex_);
    if (draining_) return HandshakeRefusal::draining;
    if (connections_ > limits_.connections_max) return HandshakeRefusal::connection_limit;
    if (limits_.connections_per_address_max != 0 &&
        by_address_.at(ticket.address_) > limits_.connections_per_address_max) {
        return HandshakeRefusal::address_limit;
    }
    if (!rate_.take(now)) return HandshakeRefusal::rate_limit;
    return std::nullopt;
}

bool Admission::admit_user(const std::string& user) {
    const std::lock_guard lock(mutex_);
    std::size_t& count = by_user_[user];
    const bool limited = connections_per_user_max_ != 0 && !user.empty();
    if (limited && count >= connections_per_user_max_) return false;
    ++count;
    return true;
}

void Admission::release_user(const std::string& user) {
    const std::lock_guard lock(mutex_);
    const auto found = by_user_.find(user);
    if (--found->second == 0) by_user_.erase(found);
}

void Admission::refuse_newcomers() {
    const std::lock_guard lock(mutex_);
    draining_ = true;
}

std::size_t Admission::users() const {
    const std::lock_guard lock(mutex_);
    return by_user_.size();
}

}  // namespace ringcast::gateway
