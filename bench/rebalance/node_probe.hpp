#pragma once

#include "node_sample.hpp"
#include "ringcast/router/view.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace ringcast::bench {

/// Asks a Redis of somebody else's cluster what it tells of itself, over one connection that it
/// keeps. It does not authenticate. Blocks for a second at most, and only every so often
/// when nobody answers. Main thread.
class NodeProbe {
public:
    explicit NodeProbe(router::Address address);
    ~NodeProbe();
    NodeProbe(const NodeProbe&) = delete;
    NodeProbe& operator=(const NodeProbe&) = delete;

    /// All zeros when it does not tell.
    [[nodiscard]] NodeSample sample();

    /// Why it did not tell, the last time when it did not; empty: it always did.
    [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }

private:
    NodeSample fail(std::string why);
    [[nodiscard]] bool connect();
    void disconnect();

    const router::Address address_;
    int socket_ = -1;
    std::chrono::steady_clock::time_point try_again_;
    std::string trouble_;
};

/// Why a Redis does not tell, by the error that it answers instead: a part of a sentence.
[[nodiscard]] std::string refusal_of(std::string_view error);

}  // namespace ringcast::bench
