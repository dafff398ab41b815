#include "report.hpp"

#include <algorithm>
#include <cstdio>

namespace ringcast::bench {

void Collector::ReportRuns(const std::vector<Run>& runs) {
    ConsoleReporter::ReportRuns(runs);
    for (const Run& run : runs) {
        if (run.run_type != Run::RT_Iteration || run.error_occurred) continue;
        const double nanoseconds =
            run.cpu_accumulated_time * 1e9 / static_cast<double>(run.iterations);
        const auto [known, fresh] = best_.emplace(run.run_name.function_name, nanoseconds);
        if (!fresh) known->second = std::min(known->second, nanoseconds);
    }
}

std::optional<double> Collector::best(const std::string& name) const {
    const auto found = best_.find(name);
    if (found == best_.end()) return std::nullopt;
    return found->second;
}

void Table::row(std::string what, double figure, std::string unit, std::string relation,
                double bound) {
    rows_.push_back({std::move(what), figure, std::move(unit), std::move(relation), bound});
}

bool Table::print() const {
    bool all = true;
    for (const Row& row : rows_) {
        const bool kept = row.relation == "<=" ? row.figure <= row.bound : row.figure >= row.bound;
        all = all && kept;
        std::printf("%-58s %12.5g %-3s %s %-8.6g %s\n", row.what.c_str(), row.figure,
                    row.unit.c_str(), row.relation.c_str(), row.bound, kept ? "kept" : "MISSED");
    }
    return all;
}

}  // namespace ringcast::bench
