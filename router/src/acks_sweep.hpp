#pragma once

#include "ringcast/membership/barrier.hpp"
#include "ringcast/membership/scheduler.hpp"
#include "ringcast/membership/znodes.hpp"
#include "ringcast/router/view.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

namespace ringcast::router {

/// "/acks/17/prepare": where gateways acknowledge a stage of the handoff to view 17.
[[nodiscard]] std::string acks_path(ViewNumber number, std::string_view stage);

/// Takes away all acknowledgements that there are, once. Destroying it drops the handler.
class AcksSweep {
public:
    /// `found`: handoffs of which there were any.
    using Handler = std::function<void(std::error_code error, std::size_t found)>;

    AcksSweep(membership::Znodes& znodes, membership::Scheduler& scheduler, Handler handler);
    AcksSweep(AcksSweep&&) noexcept;
    AcksSweep& operator=(AcksSweep&&) noexcept;
    ~AcksSweep();

private:
    class Work;
    std::shared_ptr<Work> work_;
};

}  // namespace ringcast::router
