#pragma once

#include "ringcast/router/entries.hpp"

namespace ringcast::ctl {

/// Of an addition that was done.
inline router::HistoryEntry an_entry() {
    router::HistoryEntry entry;
    entry.request = "r-a.1-0000000003";
    entry.what = "add";
    entry.node = "redis-4";
    entry.by = "eve@admin";
    entry.done = true;
    entry.reason = "joined as requested";
    entry.view = 8;
    entry.arcs_moved = 16'384;
    entry.took_ms = 1'234;
    entry.steps = 1;
    return entry;
}

}  // namespace ringcast::ctl
