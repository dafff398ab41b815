#include "ringcast/membership/election.hpp"

#include "errands.hpp"
#include "line.hpp"

#include <utility>

namespace ringcast::membership {

class Election::Candidate {
public:
    Candidate(Znodes& znodes, Scheduler& scheduler, Options options, Observer observer)
        : path_(options.path),
          prefix_(options.prefix),
          line_(std::make_shared<Line>(
              znodes, scheduler,
              Line::Options{std::move(options.path), std::move(options.prefix),
                            std::move(options.id)},
              std::move(options.data), std::move(observer))),
          errands_(znodes, scheduler) {
        line_->begin();
    }
    ~Candidate() { line_->abandon(); }
    Candidate(const Candidate&) = delete;
    Candidate& operator=(const Candidate&) = delete;

    [[nodiscard]] Line& line() { return *line_; }

    void read_first(LeaderHandler handler) {
        errands_.send<Reading>(
            path_, prefix_, 1,
            [handler = std::move(handler)](std::error_code error, std::vector<Item> items) {
                if (error || items.empty()) return handler(error, std::nullopt);
                handler(error, std::move(items.front().data));
            });
    }

private:
    std::string path_;
    std::string prefix_;
    std::shared_ptr<Line> line_;
    Errands errands_;
};

Election::Election(Znodes& znodes, Scheduler& scheduler, Options options, Observer observer)
    : candidate_(std::make_shared<Candidate>(znodes, scheduler, std::move(options),
                                             std::move(observer))) {}

Election::Election(Election&&) noexcept = default;
Election& Election::operator=(Election&&) noexcept = default;
Election::~Election() = default;

bool Election::leading() const {
    return candidate_->line().first();
}
std::int64_t Election::term() const {
    return candidate_->line().token();
}

void Election::leader(LeaderHandler handler) {
    candidate_->read_first(std::move(handler));
}

}  // namespace ringcast::membership
