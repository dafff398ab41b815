#include "ringcast/membership/lock.hpp"

#include "errands.hpp"
#include "line.hpp"

#include <utility>

namespace ringcast::membership {

class Lock::Contender {
public:
    Contender(Znodes& znodes, Scheduler& scheduler, Options options, Observer observer)
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
    ~Contender() { line_->abandon(); }
    Contender(const Contender&) = delete;
    Contender& operator=(const Contender&) = delete;

    [[nodiscard]] Line& line() { return *line_; }

    void read_first(HolderHandler handler) {
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

Lock::Lock(Znodes& znodes, Scheduler& scheduler, Options options, Observer observer)
    : contender_(std::make_shared<Contender>(znodes, scheduler, std::move(options),
                                             std::move(observer))) {}

Lock::Lock(Lock&&) noexcept = default;
Lock& Lock::operator=(Lock&&) noexcept = default;
Lock::~Lock() = default;

bool Lock::held() const {
    return contender_->line().first();
}
std::int64_t Lock::token() const {
    return contender_->line().token();
}

void Lock::holder(HolderHandler handler) {
    contender_->read_first(std::move(handler));
}

void Lock::release(std::function<void()> released) {
    contender_->line().leave(std::move(released));
}

}  // namespace ringcast::membership
