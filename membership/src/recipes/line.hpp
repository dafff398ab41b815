#pragma once

#include "own_entry.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ringcast::membership {

/// A place in a line of sequential ephemeral entries, each watching the one before it: what
/// elections and locks are. First is only who has read its own entry under the present session and
/// found nobody before it; without a connection nobody is.
class Line final : public OwnEntry {
public:
    using Observer = std::function<void(bool first)>;

    /// `options.sequential` is set here.
    Line(Znodes& znodes, Scheduler& scheduler, Options options, std::string data,
         Observer observer);

    [[nodiscard]] bool first() const { return first_ != 0; }
    [[nodiscard]] std::int64_t token() const { return first_; }

private:
    void stands(const std::string& found, const Stat& stat,
                const std::vector<std::string>& names) override;
    void on_standing(bool standing) override;
    [[nodiscard]] bool lists_always() const override { return true; }
    void session_changed(const Session& session) override;
    void watch_predecessor(const std::string& name);
    void become(std::int64_t first);

    Observer observer_;
    std::int64_t first_ = 0;  // transaction that made the entry, 0 unless first
    std::string predecessor_;
    Arm arm_;  // of the watch on it
};

}  // namespace ringcast::membership
