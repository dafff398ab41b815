#include "gateway_end.hpp"

namespace ringcast::ctl {

void GatewayEnd::look(const ClusterState& state) {
    const router::GatewayEntry* entry = state.gateway(gateway_.id);
    seen_ = entry != nullptr && entry->started_at == gateway_.started_at;
    looks_gone_ = seen_ ? 0 : looks_gone_ + 1;
    if (seen_) clients_ = entry->load.clients;
}

void GatewayEnd::look_failed() noexcept {
    constexpr int after_silence = 10;
    seen_ = false;
    looks_gone_ = 0;
    looks_gone_max_ = after_silence;
}

}  // namespace ringcast::ctl
