#include "errands.hpp"

#include "sequence.hpp"

#include <charconv>
#include <limits>
#include <utility>

namespace ringcast::membership {

Creation::Creation(Znodes& znodes, Scheduler& scheduler, std::string path, std::string data,
                   Mode mode, Handler handler)
    : Errand(znodes, scheduler),
      path_(std::move(path)),
      data_(std::move(data)),
      mode_(mode),
      handler_(std::move(handler)) {}

void Creation::round() {
    if (uncertain_ && mode_ == Mode::persistent_sequential) return look();
    make();
}

void Creation::look() {
    const auto parent = parent_of(path_);
    make_path(parent, [this, parent](std::error_code error) {
        if (is_final(error)) return answer(handler_, error, std::string{});
        if (error) return retry(error);
        znodes().children(parent, {},
                          guarded([this](std::error_code failed,
                                         const std::vector<std::string>& names, const Stat&) {
                              if (failed) return retry(failed);
                              const auto own = in_sequence(names, name_of_path(path_));
                              if (!own.empty()) {
                                  return answer(handler_, std::error_code{}, own.front());
                              }
                              uncertain_ = false;
                              make();
                          }));
    });
}

void Creation::make() {
    znodes().create(path_, data_, mode_,
                    guarded([this](std::error_code error, const std::string& created) {
                        if (!error) return answer(handler_, error, name_of_path(created));
                        if (error == Errc::node_exists) {
                            return answer(handler_, std::error_code{}, name_of_path(path_));
                        }
                        if (is_final(error)) return answer(handler_, error, std::string{});
                        if (is_unknown(error)) uncertain_ = true;
                        if (error != Errc::no_node) return retry(error);
                        make_path(parent_of(path_), [this](std::error_code failed) {
                            if (is_final(failed)) return answer(handler_, failed, std::string{});
                            if (failed) return retry(failed);
                            again();
                        });
                    }));
}

Removal::Removal(Znodes& znodes, Scheduler& scheduler, std::string path, Handler handler)
    : Errand(znodes, scheduler), path_(std::move(path)), handler_(std::move(handler)) {}

void Removal::round() {
    znodes().remove(path_, any_version, guarded([this](std::error_code error) {
                        if (!error || error == Errc::no_node) {
                            return answer(handler_, std::error_code{});
                        }
                        if (is_final(error) || error == Errc::not_empty) {
                            return answer(handler_, error);
                        }
                        retry(error);
                    }));
}

Clearance::Clearance(Znodes& znodes, Scheduler& scheduler, std::string path, Handler handler)
    : Errand(znodes, scheduler), way_{std::move(path)}, handler_(std::move(handler)) {}

void Clearance::round() {
    if (way_.empty()) return answer(handler_, std::error_code{});
    const auto path = way_.back();
    znodes().children(path, {},
                      guarded([this, path](std::error_code error,
                                           const std::vector<std::string>& names, const Stat&) {
                          if (error == Errc::no_node) {
                              way_.pop_back();
                              return again();
                          }
                          if (is_final(error)) return answer(handler_, error);
                          if (error) return retry(error);
                          if (!names.empty()) return remove_all(path, names);
                          znodes().remove(path, any_version,
                                          guarded([this](std::error_code failed) {
                                              if (is_final(failed)) return answer(handler_, failed);
                                              if (is_unknown(failed)) return retry(failed);
                                              again();  // gone, or somebody came in meanwhile
                                          }));
                      }));
}

void Clearance::remove_all(const std::string& parent, const std::vector<std::string>& names) {
    outstanding_ = names.size();
    failure_ = {};
    for (const auto& name : names) {
        const auto path = join(parent, name);
        znodes().remove(path, any_version, guarded([this, path](std::error_code error) {
                            if (error == Errc::not_empty) way_.push_back(path);
                            if (is_final(error) || is_unknown(error)) failure_ = error;
                            if (--outstanding_ != 0) return;
                            if (is_final(failure_)) return answer(handler_, failure_);
                            if (failure_) return retry(failure_);
                            again();
                        }));
    }
}

Reading::Reading(Znodes& znodes, Scheduler& scheduler, std::string path, std::string prefix,
                 std::size_t limit, Handler handler)
    : Errand(znodes, scheduler),
      path_(std::move(path)),
      prefix_(std::move(prefix)),
      limit_(limit),
      handler_(std::move(handler)) {}

void Reading::round() {
    znodes().children(
        path_, {},
        guarded([this](std::error_code error, const std::vector<std::string>& names, const Stat&) {
            if (error == Errc::no_node) {
                return answer(handler_, std::error_code{}, std::vector<Item>{});
            }
            if (is_final(error)) return answer(handler_, error, std::vector<Item>{});
            if (error) return retry(error);
            auto line = in_sequence(names, prefix_);
            if (line.size() > limit_) line.resize(limit_);
            if (line.empty()) return answer(handler_, std::error_code{}, std::vector<Item>{});
            read(line);
        }));
}

void Reading::read(const std::vector<std::string>& names) {
    found_.assign(names.size(), std::nullopt);
    outstanding_ = names.size();
    failure_ = {};
    gone_ = false;
    for (std::size_t index = 0; index < names.size(); ++index) {
        znodes().get(join(path_, names[index]), {},
                     guarded([this, index, name = names[index]](
                                 std::error_code error, std::string data, const Stat& stat) {
                         if (!error) found_[index] = Item{name, std::move(data), stat};
                         if (error == Errc::no_node) {
                             gone_ = true;
                         } else if (error && !is_final(error)) {
                             failure_ = error;
                         }
                         if (--outstanding_ != 0) return;
                         if (failure_) return retry(failure_);
                         std::vector<Item> items;
                         for (auto& item : found_) {
                             if (item) items.push_back(std::move(*item));
                         }
                         // Of the first few, others have taken the place of those that went.
                         if (gone_ && items.empty()) return again();
                         answer(handler_, std::error_code{}, std::move(items));
                     }));
    }
}

Exchange::Exchange(Znodes& znodes, Scheduler& scheduler, std::string path, std::string data,
                   std::optional<std::int32_t> version, Handler handler)
    : Errand(znodes, scheduler),
      path_(std::move(path)),
      data_(std::move(data)),
      expected_(version),
      handler_(std::move(handler)) {}

void Exchange::round() {
    if (look_first_) return look();
    write();
}

void Exchange::write() {
    if (expected_) {
        znodes().set(path_, data_, *expected_,
                     guarded([this](std::error_code error, const Stat& stat) {
                         written(error, stat.version);
                     }));
    } else {
        znodes().create(path_, data_, Mode::persistent,
                        guarded([this](std::error_code error, const std::string&) {
                            if (error != Errc::no_node) return written(error, 0);
                            make_path(parent_of(path_), [this](std::error_code failed) {
                                if (is_final(failed)) return answer(handler_, failed, 0);
                                if (failed) return retry(failed);
                                again();
                            });
                        }));
    }
}

void Exchange::written(std::error_code error, std::int32_t version) {
    if (!error || is_final(error)) return answer(handler_, error, version);
    if (is_unknown(error)) {
        uncertain_ = look_first_ = true;
        return retry(error);
    }
    if (error == Errc::session_lost || error == Errc::unavailable) return retry(error);
    // Refused: but perhaps by our own first try.
    if (!uncertain_) return answer(handler_, error, 0);
    look_first_ = true;
    again();
}

void Exchange::look() {
    znodes().get(path_, {},
                 guarded([this](std::error_code error, const std::string& found, const Stat& stat) {
                     if (error && error != Errc::no_node) return retry(error);
                     const auto done = expected_ ? *expected_ + 1 : 0;
                     const bool untouched =
                         expected_ ? !error && stat.version == *expected_ : error == Errc::no_node;
                     if (!error && stat.version == done && found == data_) {
                         return answer(handler_, std::error_code{}, done);
                     }
                     if (!untouched) {
                         return answer(handler_, make_error_code(Errc::unknown_outcome), 0);
                     }
                     // This server may lag behind the write: its version decides, when it is tried
                     // again.
                     look_first_ = false;
                     write();
                 }));
}

Count::Count(Znodes& znodes, Scheduler& scheduler, std::string path, Kind kind, Handler handler)
    : Errand(znodes, scheduler),
      path_(std::move(path)),
      kind_(kind),
      handler_(std::move(handler)) {}

void Count::round() {
    znodes().get(
        path_, {},
        guarded([this](std::error_code error, const std::string& text, const Stat& stat) {
            if (error == Errc::no_node) {
                if (kind_ == Kind::last) return answer(handler_, std::error_code{}, 0);
                return make_first();
            }
            if (is_final(error)) return answer(handler_, error, 0);
            if (error) return retry(error);
            std::int64_t last = 0;
            const auto* const end = text.data() + text.size();
            const auto parsed = std::from_chars(text.data(), end, last);
            if (parsed.ec != std::errc{} || parsed.ptr != end || last < 0 ||
                (kind_ == Kind::next && last == std::numeric_limits<std::int64_t>::max())) {
                return answer(handler_, make_error_code(Errc::unreadable), 0);
            }
            if (kind_ == Kind::last) return answer(handler_, std::error_code{}, last);
            znodes().set(path_, std::to_string(last + 1), stat.version,
                         guarded([this, last](std::error_code failed, const Stat&) {
                             if (!failed) return answer(handler_, failed, last + 1);
                             if (is_final(failed)) return answer(handler_, failed, 0);
                             if (failed == Errc::bad_version || failed == Errc::no_node) {
                                 return again();
                             }
                             retry(failed);
                         }));
        }));
}

void Count::make_first() {
    znodes().create(path_, "1", Mode::persistent,
                    guarded([this](std::error_code error, const std::string&) {
                        if (!error) return answer(handler_, error, 1);
                        if (is_final(error)) return answer(handler_, error, 0);
                        if (error == Errc::node_exists) return again();
                        if (error != Errc::no_node) return retry(error);
                        make_path(parent_of(path_), [this](std::error_code failed) {
                            if (is_final(failed)) return answer(handler_, failed, 0);
                            if (failed) return retry(failed);
                            again();
                        });
                    }));
}

}  // namespace ringcast::membership
