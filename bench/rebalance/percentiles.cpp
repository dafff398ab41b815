#include "percentiles.hpp"

#include <algorithm>
#include <cmath>

namespace ringcast::bench {

Percentiles percentiles_of(std::vector<double> values) {
    Percentiles result;
    result.count = values.size();
    if (values.empty()) return result;
    std::sort(values.begin(), values.end());
    // In thousandths, exactly: 0.999 of 1,000 values is the 999th.
    const auto rank = [&](std::size_t thousandths) {
        return values[(values.size() * thousandths + 999) / 1'000 - 1];
    };
    result.p50 = rank(500);
    result.p99 = rank(990);
    result.p999 = rank(999);
    result.max = values.back();
    return result;
}

}  // namespace ringcast::bench
