#include "line.hpp"

#include "sequence.hpp"

#include <algorithm>
#include <utility>

namespace ringcast::membership {

Line::Line(Znodes& znodes, Scheduler& scheduler, Options options, std::string data,
           Observer observer)
    : OwnEntry(
          znodes, scheduler,
          {std::move(options.parent), std::move(options.name), std::move(options.instance), true},
          std::move(data)),
      observer_(std::move(observer)) {}

void Line::session_changed(const Session& session) {
    OwnEntry::session_changed(session);
    if (session.state != SessionState::connected) become(0);
}

void Line::on_standing(bool standing) {
    if (!standing) become(0);
}

void Line::stands(const std::string& /*found*/, const Stat& stat,
                  const std::vector<std::string>& names) {
    const auto line = in_sequence(names, options().name);
    const auto own = std::ranges::find(line, name_of_path(own_path()));
    if (own == line.end()) return again();  // listed before it was made
    if (own != line.begin()) {
        become(0);
        return leaving() ? again() : watch_predecessor(*std::prev(own));
    }
    const auto session = znodes().session();
    if (session.state == SessionState::connected && session.id == stat.owner) become(stat.created);
    rest();
}

void Line::watch_predecessor(const std::string& name) {
    if (name != std::exchange(predecessor_, name)) arm_ = Arm{};
    auto attempt = arm_.set(guarded([this] { wake(); }));
    auto watch = std::move(attempt.watch);
    znodes().exists(
        join(options().parent, name), std::move(watch),
        guarded([this, attempt](std::error_code error, const std::optional<Stat>& stat) {
            if (error) {
                attempt.failed();
                return retry(error);
            }
            if (!stat) return again();
            rest();
        }));
}

void Line::become(std::int64_t first) {
    if (std::exchange(first_, first) == first || leaving()) return;
    if (observer_) observer_(first != 0);
}

}  // namespace ringcast::membership
