#pragma once

#include "command_line.hpp"
#include "cost.hpp"

#include <boost/json/fwd.hpp>

#include <string>
#include <vector>

namespace ringcast::bench {

/// What the change costs in each scheme, for a person. `costs` in the order of `schemes`.
[[nodiscard]] std::string table_of(const Rebalance& wanted, const Members& members,
                                   const std::vector<Cost>& costs);

/// The same for a program, with every flow.
[[nodiscard]] boost::json::object json_of(const Rebalance& wanted, const Members& members,
                                          const std::vector<Cost>& costs);

[[nodiscard]] std::string grouped(std::uint64_t number);     ///< "100,000,000"
[[nodiscard]] std::string fixed(double number, int digits);  ///< "1.000"

}  // namespace ringcast::bench
