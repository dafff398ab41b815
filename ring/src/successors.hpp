#pragma once

#include "ringcast/ring/ring.hpp"

#include <array>
#include <memory>
#include <span>
#include <vector>

namespace ringcast::ring {

/// The members in line behind the owner of each arc, the first to follow first.
using SuccessorTable = std::array<std::array<MemberIndex, successor_count>, arc_count>;

/// The lines of succession. They follow from members and owners alone, so every gateway that holds
/// the same view knows the same ones, and nothing of them is stored or sent.
///
/// - A line holds members that differ from the owner and from each other, as many as there are, at
///   most three. Each is of a zone that is not in the line yet as long as there is such a zone.
/// - When a member dies, each of the others that may follow it gets the floor or the ceiling of its
///   weighted part of the dead one's arcs.
/// - Each column as a whole is dealt out by weight among those who may stand there; a few arcs in a
///   thousand may exceed that, where nobody else is left who may stand.
/// - Arcs that do not change owner mostly keep their line: of N members one more or one less
///   changes about one line in N.
///
/// How: an arc's candidates are the owners of other arcs, found by walking from arc to arc in an
/// order that is the arc's own. Members turn up as often as they own arcs, so the first candidate
/// is right for most; one who has had its part already, or must not stand there, is passed over.
[[nodiscard]] std::unique_ptr<const SuccessorTable> line_up(const std::vector<Member>& members,
                                                            std::span<const MemberIndex> owners);

/// The first column of the same alone: who gets each arc when its owner dies.
[[nodiscard]] std::vector<MemberIndex> first_in_line(const std::vector<Member>& members,
                                                     std::span<const MemberIndex> owners);

}  // namespace ringcast::ring
