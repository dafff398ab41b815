#pragma once

#include <benchmark/benchmark.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ringcast::bench {

/// Prints as the console does, and keeps the best time of each benchmark: of several repetitions on
/// a machine that does other things too, the fastest is the one least disturbed.
class Collector : public benchmark::ConsoleReporter {
public:
    using ConsoleReporter::ConsoleReporter;

    void ReportRuns(const std::vector<Run>& runs) override;

    /// Nanoseconds of CPU an operation took at best; nothing when it did not run.
    [[nodiscard]] std::optional<double> best(const std::string& name) const;

private:
    std::map<std::string, double> best_;
};

/// The closing tables: each figure beside the bound it is held against.
class Table {
public:
    void row(std::string what, double figure, std::string unit, std::string relation, double bound);
    /// True when every row keeps its bound.
    bool print() const;

private:
    struct Row {
        std::string what;
        double figure;
        std::string unit;
        std::string relation;  ///< "<=" or ">="
        double bound;
    };
    std::vector<Row> rows_;
};

}  // namespace ringcast::bench
