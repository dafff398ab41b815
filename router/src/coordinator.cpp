#include "ringcast/router/coordinator.hpp"

#include "acks_sweep.hpp"
#include "coordination.hpp"
#include "ringcast/membership/barrier.hpp"
#include "ringcast/membership/configuration.hpp"
#include "ringcast/membership/election.hpp"
#include "ringcast/membership/history.hpp"
#include "ringcast/membership/queue.hpp"
#include "ringcast/membership/registry.hpp"
#include "ringcast/router/entries.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ringcast::router {
namespace {

std::map<std::string, std::string> texts(const membership::Roster& roster) {
    std::map<std::string, std::string> texts;
    for (const auto& [name, entry] : roster.entries()) texts.emplace(name, entry.data);
    return texts;
}

/// What exists only while this process leads: it reads what the znodes hold, tells the machine, and
/// does what the machine says. Made anew for each time of leading, so that nothing of an earlier
/// one is acted on; destroying it drops the handlers of everything outstanding.
class Leadership : public std::enable_shared_from_this<Leadership> {
public:
    Leadership(membership::Znodes& znodes, membership::Scheduler& scheduler, NodeControl& control,
               CoordinatorOptions options, spdlog::logger& log, detail::Coordination& machine,
               std::string id, std::function<void()> step_aside)
        : znodes_(znodes),
          scheduler_(scheduler),
          control_(control),
          options_(std::move(options)),
          log_(log),
          machine_(machine),
          step_aside_(std::move(step_aside)),
          history_(znodes, scheduler, {std::string(paths::history), "h-", std::move(id)}),
          nodes_(znodes, scheduler, std::string(paths::nodes),
                 [this] { obey(machine_.nodes(now(), texts(nodes_))); }),
          yields_(znodes, scheduler, std::string(paths::yields),
                  [this] { obey(machine_.yields(now(), texts(yields_))); }),
          requests_(znodes, scheduler, std::string(paths::requests), "r-",
                    [this] { read_requests(); }),
          settings_(znodes, scheduler, std::string(paths::config), [this] { read_settings(); }),
          acks_(znodes, scheduler, std::string(paths::acks), {},
                [this] { obey(machine_.acks_seen(now(), acks_.entered().size())); }) {
        follow_gateways();
    }

    void start() { obey(machine_.lead(now())); }

private:
    [[nodiscard]] detail::Moment now() const {
        if (options_.unix_seconds) return {scheduler_.now(), options_.unix_seconds()};
        const auto date = std::chrono::system_clock::now().time_since_epoch();
        return {scheduler_.now(), std::chrono::duration_cast<std::chrono::seconds>(date).count()};
    }

    /// Everything anew: the one before, with what it knew, is gone.
    void follow_gateways() {
        gateways_read_ = false;
        gateways_.emplace(znodes_, scheduler_, std::string(paths::gateways), [this] {
            const auto entries = texts(*gateways_);
            if (std::exchange(gateways_read_, true)) return obey(machine_.gateways(now(), entries));
            obey(machine_.gateways_read(now(), entries));
        });
    }

    [[nodiscard]] membership::BarrierWait await(ViewNumber number, detail::AckStage stage) {
        const bool prepare = stage == detail::AckStage::prepare;
        auto& wait = prepare ? prepared_ : left_;
        return {znodes_, scheduler_, acks_path(number, prepare ? "prepare" : "leave"),
                membership::BarrierWait::Names{}, [this, &wait, number, stage] {
                    if (!wait || !wait->complete()) return;
                    obey(machine_.acknowledged(now(), number, stage, wait->entered()));
                }};
    }

    void obey(detail::Actions actions) {
        for (detail::Action& action : actions) {
            std::visit([this](auto& what) { carry_out(std::move(what)); }, action);
        }
    }

    void carry_out(detail::ReadView) {
        view_.emplace(znodes_, scheduler_, std::string(paths::view), [this] {
            std::optional<detail::ViewRead> read;
            if (const auto& value = view_->value()) {
                read = detail::ViewRead{value->data, value->version, value->modified};
            }
            obey(machine_.view_read(now(), read));
        });
    }

    void carry_out(detail::ReadHistory) {
        history_.list(
            [this](std::error_code error, const std::vector<membership::History::Entry>& entries) {
                if (error) {
                    log_.warn("cannot read history error=\"{}\"", error.message());
                    read_history_again_ = scheduler_.after(
                        std::chrono::seconds(1), [this] { carry_out(detail::ReadHistory{}); });
                    return;
                }
                std::vector<std::string> texts;
                for (const auto& entry : entries) texts.push_back(entry.data);
                obey(machine_.history_read(now(), texts));
            });
    }

    void carry_out(detail::ReadGateways) { follow_gateways(); }

    void carry_out(detail::AwaitAcks acks) {
        prepared_.emplace(await(acks.number, detail::AckStage::prepare));
        left_.emplace(await(acks.number, detail::AckStage::leave));
    }

    void carry_out(detail::SweepAcks) {
        prepared_.reset();
        left_.reset();
        sweep_.emplace(znodes_, scheduler_, [this](std::error_code error, std::size_t found) {
            obey(machine_.acks_swept(now(), error, found));
        });
    }

    void carry_out(const detail::WriteView& write) {
        view_->write(encode(write.record), write.version,
                     [this](std::error_code error, std::int32_t version) {
                         obey(machine_.view_written(now(), error, version));
                     });
    }

    void carry_out(const detail::AppendHistory& append) {
        history_.append(encode(append.entry), [this](std::error_code error, const std::string&) {
            obey(machine_.history_appended(now(), error));
        });
    }

    void carry_out(const detail::FinishRequest& finish) {
        requests_.remove(finish.name, [this](std::error_code error) {
            obey(machine_.request_finished(now(), error));
        });
    }

    void carry_out(detail::ProbeNode probing) {
        const Address address = probing.address;
        control_.probe(
            address, options_.probe_timeout,
            [weak = weak_from_this(), probing = std::move(probing)](ProbeOutcome outcome) {
                const auto self = weak.lock();
                if (!self) return;
                self->obey(
                    self->machine_.probed(self->now(), probing.node, probing.address, outcome));
            });
    }

    void carry_out(detail::InformNode what) {
        const Address address = what.address;
        const auto record = what.record;
        control_.fence(address, what.fence, what.view, *record, options_.fence_timeout,
                       [weak = weak_from_this(), what = std::move(what)](std::error_code error) {
                           const auto self = weak.lock();
                           if (!self) return;
                           self->obey(self->machine_.informed(self->now(), what, error));
                       });
    }

    void carry_out(detail::StepAside) { step_aside_(); }

    void carry_out(detail::Wake wake) {
        wake_ =
            scheduler_.after(wake.at - scheduler_.now(), [this] { obey(machine_.tick(now())); });
    }

    void carry_out(const detail::Say& say) {
        switch (say.level) {
            case detail::Say::Level::info:
                return log_.info("{}", say.text);
            case detail::Say::Level::warning:
                return log_.warn("{}", say.text);
            case detail::Say::Level::error:
                return log_.error("{}", say.text);
        }
    }

    void read_requests() {
        std::vector<std::pair<std::string, std::string>> queue;
        for (const auto& item : requests_.items()) queue.emplace_back(item.name, item.data);
        obey(machine_.requests(now(), queue));
    }

    void read_settings() {
        const auto& value = settings_.value();
        obey(machine_.settings(now(), value ? std::optional(value->data) : std::nullopt));
    }

    membership::Znodes& znodes_;
    membership::Scheduler& scheduler_;
    NodeControl& control_;
    CoordinatorOptions options_;
    spdlog::logger& log_;
    detail::Coordination& machine_;
    const std::function<void()> step_aside_;

    membership::Token wake_;
    membership::Token read_history_again_;
    membership::History history_;
    membership::Roster nodes_;
    membership::Roster yields_;
    std::optional<membership::Roster> gateways_;
    bool gateways_read_ = false;  ///< everything, by this roster
    membership::QueueConsumer requests_;
    membership::Configuration settings_;
    membership::BarrierWait acks_;  ///< of all handoffs: waits for nobody, sees who is there
    std::optional<membership::Configuration> view_;
    std::optional<membership::BarrierWait> prepared_;
    std::optional<membership::BarrierWait> left_;
    std::optional<AcksSweep> sweep_;
};

class Candidate final : public Coordinator {
public:
    Candidate(membership::Znodes& znodes, membership::Scheduler& scheduler, NodeControl& control,
              std::string id, CoordinatorOptions options, std::shared_ptr<spdlog::logger> log)
        : znodes_(znodes),
          scheduler_(scheduler),
          control_(control),
          id_(std::move(id)),
          options_(std::move(options)),
          log_(std::move(log)),
          machine_(options_) {
        stand();
    }

    ~Candidate() override { stop(); }

    [[nodiscard]] CoordinatorStatus status() const override {
        CoordinatorStatus status = machine_.status();
        if (status.handoff) {
            const auto running = scheduler_.now() - machine_.handoff_began();
            status.handoff->running =
                std::chrono::duration_cast<std::chrono::milliseconds>(running);
        }
        for (RemovalProgress& removal : status.removals) {
            if (!removal.lease_ends) continue;
            removal.left = std::chrono::duration_cast<std::chrono::milliseconds>(
                std::max(*removal.lease_ends - scheduler_.now(), {}));
        }
        return status;
    }

    void stop() override {
        stand_again_.reset();
        lead(false);
        election_.reset();
    }

private:
    void stand() {
        membership::Election::Options standing{std::string(paths::coordinator), "c-", id_, id_};
        election_.emplace(znodes_, scheduler_, std::move(standing),
                          [this](bool leading) { lead(leading); });
    }

    /// Not from inside the leadership that is to end.
    void step_aside() {
        stand_again_ = scheduler_.after({}, [this] {
            lead(false);
            election_.reset();
            stand_again_ = scheduler_.after(options_.stand_again_after, [this] { stand(); });
        });
    }

    void lead(bool leading) {
        if (leading == (leadership_ != nullptr)) return;
        if (leading) {
            log_->info("coordinator leads term={}", election_->term());
            std::string id = std::to_string(election_->term()) + "x" + std::to_string(++count_);
            leadership_ =
                std::make_shared<Leadership>(znodes_, scheduler_, control_, options_, *log_,
                                             machine_, std::move(id), [this] { step_aside(); });
            leadership_->start();
        } else {
            log_->info("coordinator leads no longer");
            leadership_.reset();
            machine_.resign();
        }
    }

    membership::Znodes& znodes_;
    membership::Scheduler& scheduler_;
    NodeControl& control_;
    const std::string id_;
    CoordinatorOptions options_;
    std::shared_ptr<spdlog::logger> log_;
    detail::Coordination machine_;
    std::uint64_t count_ = 0;  ///< of leaderships: with the term it names each one for ever
    std::shared_ptr<Leadership> leadership_;
    std::optional<membership::Election> election_;
    membership::Token stand_again_;
};

}  // namespace

std::unique_ptr<Coordinator> make_coordinator(membership::Znodes& znodes,
                                              membership::Scheduler& scheduler, NodeControl& nodes,
                                              std::string id, CoordinatorOptions options,
                                              std::shared_ptr<spdlog::logger> log) {
    return std::make_unique<Candidate>(znodes, scheduler, nodes, std::move(id), options,
                                       std::move(log));
}

}  // namespace ringcast::router
