#include "own_entry.hpp"
#include "ringcast/membership/registry.hpp"
#include "sequence.hpp"

#include <utility>

namespace ringcast::membership {

class Announcement::Keeper final : public OwnEntry {
public:
    Keeper(Znodes& znodes, Scheduler& scheduler, Announcement::Options options, std::string data,
           Observer observer)
        : OwnEntry(znodes, scheduler,
                   {std::move(options.parent), std::move(options.name), std::move(options.instance),
                    options.sequential},
                   std::move(data)),
          observer_(std::move(observer)) {}

    void update(std::string data) { write(std::move(data)); }
    [[nodiscard]] State state() const { return state_; }
    [[nodiscard]] std::string name() const {
        return state_ == State::announced ? name_of_path(own_path()) : std::string{};
    }

private:
    void stands(const std::string& found, const Stat& stat,
                const std::vector<std::string>& /*names*/) override {
        if (found == data()) return rest();
        znodes().set(own_path(), data(), stat.version,
                     guarded([this](std::error_code error, const Stat&) {
                         // The watch on the entry brings the next look at it.
                         if (error == Errc::bad_version || error == Errc::no_node) return again();
                         if (error) return retry(error);
                         rest();
                     }));
    }

    void on_standing(bool standing) override {
        become(standing ? State::announced : State::pending);
    }
    void on_held() override { become(State::held); }

    void become(State state) {
        if (std::exchange(state_, state) == state || leaving()) return;
        if (observer_) observer_(state);
    }

    Observer observer_;
    State state_ = State::pending;
};

Announcement::Announcement(Znodes& znodes, Scheduler& scheduler, Options options, std::string data,
                           Observer observer)
    : keeper_(std::make_shared<Keeper>(znodes, scheduler, std::move(options), std::move(data),
                                       std::move(observer))) {
    keeper_->begin();
}

Announcement::Announcement(Announcement&&) noexcept = default;

Announcement& Announcement::operator=(Announcement&& other) noexcept {
    if (this == &other) return *this;
    if (const auto before = std::exchange(keeper_, std::move(other.keeper_))) before->abandon();
    return *this;
}

Announcement::~Announcement() {
    if (keeper_) keeper_->abandon();
}

void Announcement::update(std::string data) {
    keeper_->update(std::move(data));
}
Announcement::State Announcement::state() const {
    return keeper_->state();
}
std::string Announcement::name() const {
    return keeper_->name();
}
std::error_code Announcement::trouble() const {
    return keeper_->trouble();
}
void Announcement::withdraw(std::function<void()> gone) {
    keeper_->leave(std::move(gone));
}

}  // namespace ringcast::membership
