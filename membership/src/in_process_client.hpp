#pragma once

#include "delay_line.hpp"
#include "in_process_service.hpp"
#include "ringcast/membership/errc.hpp"
#include "ringcast/membership/scheduler.hpp"
#include "ringcast/membership/znodes.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace ringcast::membership {

/// One session after the other of one process, as its client library sees it.
///
///     connecting --> connected <--> suspended
///                       ^ |            |
///                       | v            v
///                       lost <---------+      (lost is told before the next session begins)
class InProcessClient final : public std::enable_shared_from_this<InProcessClient> {
public:
    using Service = InProcessEnsemble::Service;
    using Delay = InProcessEnsemble::Delay;

    InProcessClient(std::shared_ptr<Service> service, Scheduler& scheduler)
        : service_(std::move(service)),
          scheduler_(scheduler),
          requests_(std::make_shared<DelayLine>(scheduler)),
          answers_(std::make_shared<DelayLine>(scheduler)),
          held_(service_->away) {}

    void start();
    void close();
    void suspend();
    void resume();
    void expire_unheard();
    void expire();
    void cut_next_write(InProcessEnsemble::Cut cut) { cut_ = cut; }
    void set_latency(Delay latency) { latency_ = std::move(latency); }
    void set_lag(Delay lag);

    /// The leader's tree has changed: its server hears of it later.
    void follow(const std::shared_ptr<const Service::News>& news);

    /// Calls `apply`, if there is a session to do it under, and posts `deliver` with what came of
    /// it.
    template <typename Apply, typename Deliver>
    void write(Apply apply, Deliver deliver) {
        call(std::move(deliver), [this, apply = std::move(apply)](Deliver& given) mutable {
            carry_out(apply, std::move(given));
        });
    }

    enum class What { data, children };

    template <typename Apply, typename Deliver>
    void read(What what, const std::string& path, Znodes::Watch watch, Apply apply,
              Deliver deliver) {
        call(std::move(deliver), [this, what, path, watch = std::move(watch),
                                  apply = std::move(apply)](Deliver& given) mutable {
            look_up(what, path, std::move(watch), apply, std::move(given));
        });
    }

    void on_change(std::shared_ptr<Watching> watching);

    Token observe(Znodes::SessionObserver observer);

    /// Wherever it may have set one.
    [[nodiscard]] std::vector<Service::Watches*> watches(Service& service);

    [[nodiscard]] Session session() const { return told_; }
    [[nodiscard]] std::int64_t session_id() const { return id_; }
    [[nodiscard]] Service& service() const { return *service_; }

private:
    /// The server that it is connected to, when that one lags behind.
    struct Follower {
        Tree tree;
        Service::Watches data_watches;
        Service::Watches children_watches;
        std::shared_ptr<DelayLine> coming;
    };

    /// Does the work once the call has arrived at the service, or refuses it: at once when there is
    /// no connection, and when the connection breaks on the way.
    template <typename Deliver, typename Work>
    void call(Deliver deliver, Work work) {
        if (link_ != SessionState::connected) return post_refusal(std::move(deliver));
        auto given = std::make_shared<Deliver>(std::move(deliver));
        auto arrive = [this, given, work = std::move(work)]() mutable { work(*given); };
        if (!latency_ && requests_->empty()) return arrive();
        requests_->send(
            latency_ ? latency_() : Scheduler::Clock::duration::zero(),
            [weak = weak_from_this(), arrive = std::move(arrive)]() mutable {
                if (const auto self = weak.lock(); self && !self->closed_) arrive();
            },
            [this, given] { post_refusal(std::move(*given)); });
    }

    template <typename Apply, typename Deliver>
    void carry_out(Apply& apply, Deliver deliver) {
        const auto connection = connection_;
        const auto cut = std::exchange(cut_, std::nullopt);
        if (cut == InProcessEnsemble::Cut::before) {
            held_ = true;
            break_link();
            return post_refusal(std::move(deliver));
        }
        Tree::Changes changes;
        const std::error_code outcome = apply(service_->tree, changes);
        service_->tell(changes);
        if (follower_) follower_->coming->hurry();  // who wrote reads what he wrote
        post([this, connection, outcome, deliver = std::move(deliver)] {
            deliver(connection == connection_ ? outcome : Errc::unknown_outcome);
        });
        if (cut) {
            held_ = true;
            break_link();
        }
    }

    template <typename Apply, typename Deliver>
    void look_up(What what, const std::string& path, Znodes::Watch watch, Apply& apply,
                 Deliver deliver) {
        const std::error_code outcome = apply(follower_ ? follower_->tree : service_->tree);
        std::shared_ptr<Watching> watching;
        if (!outcome && watch) {
            watching = std::make_shared<Watching>(Watching{std::move(watch)});
            auto& data = follower_ ? follower_->data_watches : service_->data_watches;
            auto& children = follower_ ? follower_->children_watches : service_->children_watches;
            auto& watches = what == What::data ? data : children;
            watches.emplace(path, Service::Entry{weak_from_this(), watching});
        }
        post([this, connection = connection_, outcome, watching, deliver = std::move(deliver)] {
            if (connection == connection_) return deliver(outcome);
            if (watching) watching->voided = true;
            deliver(Errc::unknown_outcome);
        });
    }

    void forget(std::uint64_t key);

    template <typename Task>
    void post(Task task) {
        auto arrive = [weak = weak_from_this(), task = std::move(task)] {
            if (const auto self = weak.lock(); self && !self->closed_) task();
        };
        if (!latency_ && answers_->empty()) return scheduler_.post(std::move(arrive));
        answers_->send(latency_ ? latency_() : Scheduler::Clock::duration::zero(),
                       std::move(arrive));
    }

    template <typename Deliver>
    void post_refusal(Deliver deliver) {
        const auto why = link_ == SessionState::connecting ? Errc::unavailable
                         : link_ == SessionState::lost     ? Errc::session_lost
                                                           : Errc::unknown_outcome;
        post([why, deliver = std::move(deliver)] { deliver(make_error_code(why)); });
    }

    void post_watch(std::shared_ptr<Watching> watching);
    void connect();
    void break_link();
    void become(SessionState state);
    void end_session();

    std::shared_ptr<Service> service_;
    Scheduler& scheduler_;
    Delay latency_;  // empty: none
    Delay lag_;
    std::shared_ptr<DelayLine> requests_;
    std::shared_ptr<DelayLine> answers_;
    std::optional<Follower> follower_;
    bool held_;             // suspended by the ensemble's owner
    bool expired_ = false;  // while suspended, and it is not told yet
    bool closed_ = false;
    bool lost_told_ = false;                        // and the next session has not begun
    SessionState link_ = SessionState::connecting;  // the truth
    Session told_;                                  // what the client has heard so far
    std::int64_t id_ = 0;
    std::uint64_t connection_ = 0;  // counts broken connections
    std::optional<InProcessEnsemble::Cut> cut_;
    std::vector<std::shared_ptr<Watching>> waiting_;  // fired while suspended
    std::map<std::uint64_t, std::shared_ptr<Znodes::SessionObserver>> observers_;
    std::uint64_t last_observer_ = 0;
};

}  // namespace ringcast::membership
