#pragma once

#include "ringcast/ring/ring.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace ringcast::ring {

/// Moves arcs until each member owns exactly its quota, and none that need not move: who has too
/// much gives exactly its excess, who has too little takes exactly what it lacks.
///
/// Which arcs these are is free, and is chosen so that a change stays a short list of runs, after
/// any history of changes. A giver gives one block if it has one that is long enough, and cuts the
/// shortest such. What is given goes to a taker next to it where there is one: so the pieces into
/// which changes cut the table grow together again. The rest is dealt out by best fit.
///
/// `owners` holds the former owner of each arc and is rewritten; `renamed` says which member each
/// former owner is now, or `gone`; `held` is what each member has, `quotas` what it shall have.
/// Requires: the quotas sum to 65,536.
void place(std::span<MemberIndex> owners, std::span<const std::uint32_t> renamed,
           std::span<const std::uint32_t> held, std::span<const std::uint32_t> quotas);

}  // namespace ringcast::ring
