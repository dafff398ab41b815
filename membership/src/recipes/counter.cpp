#include "ringcast/membership/counter.hpp"

#include "errands.hpp"

#include <utility>

namespace ringcast::membership {

class Counter::Source {
public:
    Source(Znodes& znodes, Scheduler& scheduler, std::string path)
        : path_(std::move(path)), errands_(znodes, scheduler) {}

    void send(Count::Kind kind, Handler handler) {
        errands_.send<Count>(path_, kind, std::move(handler));
    }

private:
    std::string path_;
    Errands errands_;
};

Counter::Counter(Znodes& znodes, Scheduler& scheduler, std::string path)
    : source_(std::make_shared<Source>(znodes, scheduler, std::move(path))) {}

Counter::Counter(Counter&&) noexcept = default;
Counter& Counter::operator=(Counter&&) noexcept = default;
Counter::~Counter() = default;

void Counter::next(Handler handler) {
    source_->send(Count::Kind::next, std::move(handler));
}
void Counter::last(Handler handler) {
    source_->send(Count::Kind::last, std::move(handler));
}

}  // namespace ringcast::membership
