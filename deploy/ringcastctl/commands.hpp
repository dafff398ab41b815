#pragma once

#include "desk.hpp"
#include "report.hpp"

#include <boost/asio/awaitable.hpp>

namespace ringcast::ctl {

/// One command each, from the question to what is printed. What they wait for is the desk's; each
/// throws what the desk throws.

[[nodiscard]] boost::asio::awaitable<Report> carry_out(Desk& desk);

// commands_look.cpp: nothing is changed.
[[nodiscard]] boost::asio::awaitable<Report> look(Desk& desk);
[[nodiscard]] boost::asio::awaitable<Report> plan(Desk& desk, router::Request request);
[[nodiscard]] boost::asio::awaitable<Report> watch(Desk& desk);

// commands_change.cpp
[[nodiscard]] boost::asio::awaitable<Report> change(Desk& desk);
[[nodiscard]] boost::asio::awaitable<Report> undo(Desk& desk);
[[nodiscard]] boost::asio::awaitable<Report> cancel(Desk& desk);

// commands_admin.cpp
[[nodiscard]] boost::asio::awaitable<Report> configure(Desk& desk);
[[nodiscard]] boost::asio::awaitable<Report> drain(Desk& desk);

}  // namespace ringcast::ctl
