#pragma once

#include "pursuit.hpp"

#include <memory>
#include <set>
#include <utility>

namespace ringcast::membership {

class Errands;

/// A pursuit that ends: one call of a recipe, carried through whatever happens to the connection
/// until it has an answer.
class Errand : public Pursuit {
public:
    using Pursuit::Pursuit;

protected:
    /// Ends the round and the errand; calls the handler last, as it may destroy anything.
    template <typename Handler, typename... Arguments>
    void answer(const Handler& handler, Arguments&&... arguments) {
        const auto self = shared_from_this();
        finish();
        if (const auto open = open_.lock()) open->erase(self);
        if (handler) handler(std::forward<Arguments>(arguments)...);
    }

private:
    friend class Errands;
    std::weak_ptr<std::set<std::shared_ptr<Pursuit>>> open_;
};

/// The errands of one recipe that have no answer yet. Destroying it drops them.
class Errands {
public:
    Errands(Znodes& znodes, Scheduler& scheduler) : znodes_(znodes), scheduler_(scheduler) {}
    ~Errands() {
        for (const auto& errand : *open_) errand->stop();
    }
    Errands(const Errands&) = delete;
    Errands& operator=(const Errands&) = delete;

    template <typename Kind, typename... Arguments>
    void send(Arguments&&... arguments) {
        auto errand =
            std::make_shared<Kind>(znodes_, scheduler_, std::forward<Arguments>(arguments)...);
        errand->open_ = open_;
        open_->insert(errand);
        errand->begin();
    }

private:
    Znodes& znodes_;
    Scheduler& scheduler_;
    std::shared_ptr<std::set<std::shared_ptr<Pursuit>>> open_ =
        std::make_shared<std::set<std::shared_ptr<Pursuit>>>();
};

}  // namespace ringcast::membership
