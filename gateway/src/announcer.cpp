#include "announcer.hpp"

#include <algorithm>
#include <utility>

namespace ringcast::gateway {

using membership::Announcement;

Announcer::Announcer(membership::Znodes& znodes, membership::Scheduler& scheduler,
                     router::GatewayEntry entry, std::string instance,
                     std::function<void(const std::string& name)> announced)
    : entry_(std::move(entry)),
      written_(encode(entry_)),
      announced_(std::move(announced)),
      announcement_(znodes, scheduler,
                    {std::string(router::paths::gateways), "g-", true, std::move(instance)},
                    written_, [this](Announcement::State state) {
                        if (state == Announcement::State::announced) {
                            announced_(announcement_.name());
                        }
                    }) {}

void Announcer::load(const router::GatewayEntry::Load& load) {
    entry_.load = load;
    write();
}

void Announcer::unreachable(std::vector<std::string> members) {
    std::ranges::sort(members);
    entry_.unreachable = std::move(members);
    write();
}

void Announcer::draining() {
    entry_.draining = true;
    write();
}

bool Announcer::stands() const {
    return announcement_.state() == Announcement::State::announced;
}

void Announcer::withdraw(std::function<void()> gone) {
    announcement_.withdraw(std::move(gone));
}

void Announcer::write() {
    std::string text = encode(entry_);
    if (text == written_) return;
    written_ = text;
    announcement_.update(std::move(text));
}

}  // namespace ringcast::gateway
