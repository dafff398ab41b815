#include "own_entry.hpp"

#include "sequence.hpp"

#include <cassert>

namespace ringcast::membership {

OwnEntry::OwnEntry(Znodes& znodes, Scheduler& scheduler, Options options, std::string data)
    : Pursuit(znodes, scheduler), options_(std::move(options)), data_(std::move(data)) {
    assert(!options_.sequential || !options_.instance.empty());
    assert(options_.instance.find('/') == std::string::npos);
}

void OwnEntry::leave(std::function<void()> gone) {
    assert(!leaving_);
    leaving_ = true;
    gone_ = std::move(gone);
    leave_soon();
}

void OwnEntry::abandon() {
    leaving_ = true;
    gone_ = nullptr;
    if (stopped()) return;
    retire();
    leave_soon();
}

void OwnEntry::leave_soon() {
    if (!busy() && own_.empty() && !uncertain_) return leave_now();  // also without a connection
    wake();
}

void OwnEntry::leave_now() {
    if (gone_)
        scheduler().post([self = weak_from_this(), gone = std::move(gone_)] {
            if (!self.expired()) gone();
        });
    finish();
}

void OwnEntry::session_changed(const Session& session) {
    if (session.state != SessionState::lost) return;
    // Whatever was ours went with the session.
    uncertain_ = false;
    foreign_.clear();
    forget_own();
}

void OwnEntry::round() {
    if (leaving_ && own_.empty() && !uncertain_) return leave_now();
    if (leaving_ && !own_.empty()) return remove_own();
    if (uncertain_) return look_after_unknown_outcome();
    if (!options_.sequential) return verify(join(options_.parent, options_.name), {});
    if (own_.empty() || lists_always()) return list();
    verify(own_, {});
}

std::string OwnEntry::prefix() const {
    return options_.name + options_.instance + "-";
}

void OwnEntry::look_after_unknown_outcome() {
    make_path(options_.parent, [this](std::error_code error) {
        if (error) return retry(error);
        if (options_.sequential) return list();
        verify(join(options_.parent, options_.name), {});
    });
}

void OwnEntry::list() {
    znodes().children(
        options_.parent, {},
        guarded([this](std::error_code error, std::vector<std::string> names, const Stat&) {
            if (error == Errc::no_node) return make();
            if (error) return retry(error);
            for (const auto& name : in_sequence(names, prefix())) {
                auto path = join(options_.parent, name);
                if (!foreign_.contains(path)) return verify(path, std::move(names));
            }
            uncertain_ = false;
            forget_own();
            if (leaving_) return again();
            make();
        }));
}

void OwnEntry::verify(const std::string& path, std::vector<std::string> names) {
    // A watch belongs to one path: another one needs its own.
    if (options_.sequential && path != own_) arm_ = Arm{};
    auto attempt = arm_.set(guarded([this] { wake(); }));
    auto watch = std::move(attempt.watch);
    znodes().get(path, std::move(watch),
                 guarded([this, path, attempt, names = std::move(names)](
                             std::error_code error, const std::string& found, const Stat& stat) {
                     if (error) attempt.failed();
                     if (error && error != Errc::no_node) return retry(error);
                     if (error) {
                         // A list that still shows it came from before; the next one will not.
                         uncertain_ = options_.sequential && uncertain_;
                         forget_own();
                         if (leaving_ || options_.sequential) return again();
                         return make();
                     }
                     if (stat.owner == 0 || stat.owner != znodes().session().id) {
                         return found_foreign(path, found, stat);
                     }
                     uncertain_ = false;
                     own_ = path;
                     if (leaving_) return again();
                     if (!std::exchange(standing_, true)) on_standing(true);
                     if (leaving_) return again();
                     stands(found, stat, names);
                 }));
}

void OwnEntry::found_foreign(const std::string& path, const std::string& found, const Stat& stat) {
    forget_own();
    if (options_.sequential) {
        foreign_.insert(path);
        return again();
    }
    uncertain_ = false;
    if (leaving_) return again();
    if (!options_.instance.empty() && found.find(options_.instance) != std::string::npos) {
        // Left by an earlier session of this very process. Writing to it would be a trap: it will
        // go when that session goes.
        return znodes().remove(path, stat.version, guarded([this](std::error_code error) {
                                   if (error == Errc::no_node || error == Errc::bad_version)
                                       error = {};
                                   if (error) return retry(error);
                                   again();
                               }));
    }
    on_held();
    rest();
}

void OwnEntry::make() {
    if (leaving_) return again();
    const auto path = join(options_.parent, options_.sequential ? prefix() : options_.name);
    const auto mode = options_.sequential ? Mode::ephemeral_sequential : Mode::ephemeral;
    znodes().create(path, data_, mode, guarded([this](std::error_code error, std::string created) {
                        if (!error) {
                            uncertain_ = false;
                            own_ = std::move(created);
                            if (options_.sequential) arm_ = Arm{};
                            if (leaving_) return again();
                            if (!std::exchange(standing_, true)) on_standing(true);
                            return again();  // reads it, with a watch
                        }
                        if (is_unknown(error)) uncertain_ = true;
                        if (error == Errc::node_exists) return again();
                        if (error != Errc::no_node) return retry(error);
                        make_path(options_.parent, [this](std::error_code failed) {
                            if (failed) return retry(failed);
                            again();
                        });
                    }));
}

void OwnEntry::remove_own() {
    znodes().remove(own_, any_version, guarded([this](std::error_code error) {
                        if (error && error != Errc::no_node) return retry(error);
                        own_.clear();
                        again();
                    }));
}

void OwnEntry::forget_own() {
    own_.clear();
    if (std::exchange(standing_, false) && !leaving_) on_standing(false);
}

void OwnEntry::write(std::string data) {
    data_ = std::move(data);
    if (!leaving_) wake();
}

}  // namespace ringcast::membership
