#pragma once

#include <memory>

#include <boost/asio/any_io_executor.hpp>

#include "ringcast/membership/scheduler.hpp"

namespace ringcast::router {

/// The scheduler of real programs: posts to an executor whose context runs on one thread. The context
/// must outlive it and everything that holds its tokens.
[[nodiscard]] std::unique_ptr<membership::Scheduler> make_asio_scheduler(
    boost::asio::any_io_executor executor);

}  // namespace ringcast::router
