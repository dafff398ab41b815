#pragma once

#include "ringcast/membership/registry.hpp"
#include "ringcast/membership/scheduler.hpp"
#include "ringcast/membership/znodes.hpp"
#include "ringcast/router/entries.hpp"

#include <functional>
#include <string>
#include <vector>

namespace ringcast::gateway {

/// This gateway's entry in the registry: says to the cluster where it is, how loaded, and which
/// members it cannot reach. Lives on the thread of its scheduler.
class Announcer {
public:
    /// `announced` is told the entry's name whenever it stands: at first, and again after each
    /// session that was lost.
    Announcer(membership::Znodes& znodes, membership::Scheduler& scheduler,
              router::GatewayEntry entry, std::string instance,
              std::function<void(const std::string& name)> announced);

    // Each is written at once if it is news.
    void load(const router::GatewayEntry::Load& load);
    void unreachable(std::vector<std::string> members);
    void draining();

    [[nodiscard]] bool stands() const;

    /// Removes the entry, then calls `gone`. Nothing may be called afterwards.
    void withdraw(std::function<void()> gone);

private:
    void write();

    router::GatewayEntry entry_;
    std::string written_;
    std::function<void(const std::string& name)> announced_;
    membership::Announcement announcement_;
};

}  // namespace ringcast::gateway
