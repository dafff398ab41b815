#include "acks_sweep.hpp"

#include "ringcast/router/entries.hpp"

#include <deque>
#include <utility>
#include <vector>

namespace ringcast::router {

std::string acks_path(ViewNumber number, std::string_view stage) {
    return std::string(paths::acks) + "/" + std::to_string(static_cast<std::uint64_t>(number)) +
           "/" + std::string(stage);
}

class AcksSweep::Work : public std::enable_shared_from_this<Work> {
public:
    Work(membership::Znodes& znodes, membership::Scheduler& scheduler, Handler handler)
        : znodes_(znodes), scheduler_(scheduler), handler_(std::move(handler)) {}

    void start() {
        znodes_.children(std::string(paths::acks), {},
                         [weak = weak_from_this()](std::error_code error,
                                                   const std::vector<std::string>& names, auto) {
                             const auto self = weak.lock();
                             if (!self) return;
                             if (error == membership::Errc::no_node) return self->handler_({}, 0);
                             if (error) return self->handler_(error, 0);
                             self->clear(names);
                         });
    }

private:
    void clear(const std::vector<std::string>& names) {
        if (names.empty()) return handler_({}, 0);
        left_ = found_ = names.size();
        for (const std::string& name : names) {
            barriers_.emplace_back(znodes_, scheduler_, std::string(paths::acks) + "/" + name);
            barriers_.back().clear([this](std::error_code error) {
                if (error) error_ = error;
                if (--left_ == 0) handler_(error_, found_);  // last: it may destroy this
            });
        }
    }

    membership::Znodes& znodes_;
    membership::Scheduler& scheduler_;
    Handler handler_;
    std::deque<membership::Barrier> barriers_;
    std::size_t found_ = 0;
    std::size_t left_ = 0;
    std::error_code error_;
};

AcksSweep::AcksSweep(membership::Znodes& znodes, membership::Scheduler& scheduler, Handler handler)
    : work_(std::make_shared<Work>(znodes, scheduler, std::move(handler))) {
    work_->start();
}

AcksSweep::AcksSweep(AcksSweep&&) noexcept = default;
AcksSweep& AcksSweep::operator=(AcksSweep&&) noexcept = default;
AcksSweep::~AcksSweep() = default;

}  // namespace ringcast::router
