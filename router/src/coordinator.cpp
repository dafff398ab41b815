#include "ringcast/router/coordinator.hpp"

#include "coordination.hpp"
#include "ringcast/membership/configuration.hpp"
#include "ringcast/membership/election.hpp"
#include "ringcast/membership/history.hpp"
#include "ringcast/membership/queue.hpp"
#include "ringcast/membership/registry.hpp"
#include "ringcast/router/entries.hpp"

#include <chrono>
#include <cstdint>
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
    Leadership(membership::Znodes& znodes, membership::Scheduler& scheduler, NodeProbe& probe,
               CoordinatorOptions options, spdlog::logger& log, detail::Coordination& machine,
               std::string id)
        : znodes_(znodes),
          scheduler_(scheduler),
          probe_(probe),
          options_(options),
          log_(log),
          machine_(machine),
          history_(znodes, scheduler, {std::string(paths::history), "h-", std::move(id)}),
          nodes_(znodes, scheduler, std::string(paths::nodes),
                 [this] { obey(machine_.nodes(now(), texts(nodes_))); }),
          gateways_(znodes, scheduler, std::string(paths::gateways),
                    [this] { obey(machine_.gateways(now(), texts(gateways_))); }),
          requests_(znodes, scheduler, std::string(paths::requests), "r-",
                    [this] { read_requests(); }) {}

    void start() { obey(machine_.lead(now())); }

private:
    [[nodiscard]] detail::Moment now() const {
        const auto date = std::chrono::system_clock::now().time_since_epoch();
        return {scheduler_.now(), std::chrono::duration_cast<std::chrono::seconds>(date).count()};
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
        probe_.probe(address, options_.probe_timeout,
                     [weak = weak_from_this(), probing = std::move(probing)](bool reachable) {
                         const auto self = weak.lock();
                         if (!self) return;
                         self->obey(self->machine_.probed(self->now(), probing.node,
                                                          probing.address, reachable));
                     });
    }

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

    membership::Znodes& znodes_;
    membership::Scheduler& scheduler_;
    NodeProbe& probe_;
    CoordinatorOptions options_;
    spdlog::logger& log_;
    detail::Coordination& machine_;

    membership::Token wake_;
    membership::Token read_history_again_;
    membership::History history_;
    membership::Roster nodes_;
    membership::Roster gateways_;
    membership::QueueConsumer requests_;
    std::optional<membership::Configuration> view_;
};

class Candidate final : public Coordinator {
public:
    Candidate(membership::Znodes& znodes, membership::Scheduler& scheduler, NodeProbe& probe,
              std::string id, CoordinatorOptions options, std::shared_ptr<spdlog::logger> log)
        : znodes_(znodes),
          scheduler_(scheduler),
          probe_(probe),
          options_(options),
          log_(std::move(log)),
          machine_(options) {
        membership::Election::Options standing{std::string(paths::coordinator), "c-", id, id};
        election_.emplace(znodes, scheduler, std::move(standing),
                          [this](bool leading) { lead(leading); });
    }

    ~Candidate() override { stop(); }

    [[nodiscard]] CoordinatorStatus status() const override { return machine_.status(); }

    void stop() override {
        lead(false);
        election_.reset();
    }

private:
    void lead(bool leading) {
        if (leading == (leadership_ != nullptr)) return;
        if (leading) {
            log_->info("coordinator leads term={}", election_->term());
            std::string id = std::to_string(election_->term()) + "x" + std::to_string(++count_);
            leadership_ = std::make_shared<Leadership>(znodes_, scheduler_, probe_, options_, *log_,
                                                       machine_, std::move(id));
            leadership_->start();
        } else {
            log_->info("coordinator leads no longer");
            leadership_.reset();
            machine_.resign();
        }
    }

    membership::Znodes& znodes_;
    membership::Scheduler& scheduler_;
    NodeProbe& probe_;
    CoordinatorOptions options_;
    std::shared_ptr<spdlog::logger> log_;
    detail::Coordination machine_;
    std::uint64_t count_ = 0;  ///< of leaderships: with the term it names each one for ever
    std::shared_ptr<Leadership> leadership_;
    std::optional<membership::Election> election_;
};

}  // namespace

std::unique_ptr<Coordinator> make_coordinator(membership::Znodes& znodes,
                                              membership::Scheduler& scheduler, NodeProbe& probe,
                                              std::string id, CoordinatorOptions options,
                                              std::shared_ptr<spdlog::logger> log) {
    return std::make_unique<Candidate>(znodes, scheduler, probe, std::move(id), options,
                                       std::move(log));
}

}  // namespace ringcast::router
