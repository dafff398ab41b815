/* The coordinator of handoff.pml: from a proposal to the commit, by what the record says.
 *
 * -DABORT: one proposal, which moves either channel, is dropped at any time before the fence, and
 * another made.
 *
 * -DCRASH: the coordinator may stop between any two steps, and another begins in its place; and there
 * are former ones, which are held up anywhere and do later what they had begun. What a coordinator
 * knows is what it has read. To read changes nothing, so one that stops when it has only read is as
 * if its successor had read later; and what a former one writes against an older version is refused,
 * which changes nothing either. There remains what is done at X and not in the record: who stops
 * between fence and commit leaves a successor who fences again; who is held up before the fence
 * fences later, be it after the commit. So a step here reads and does.
 */
inline fence_x(n) {
#ifndef NO_FENCE
  if :: n > epoch -> epoch = n :: else fi;
#endif
  fanout(X, FENCE, n)
}

#ifdef NO_BARRIER
#define ARRIVED(g) true
#elif defined(ACK_OF_BEFORE)
#define ARRIVED(g) (acked[g] != 0)
#else
#define ARRIVED(g) (acked[g] == number)
#endif
#define ALL_ARRIVED (ARRIVED(0) && (!wait1 || ARRIVED(1)))
#define LISTED (registered[1] && HEARS(1))
#ifdef FENCE_AGAIN_NEXT
#define FENCED_BY (number + fences - 1)
#else
#define FENCED_BY number
#endif

inline propose() {
#ifdef REUSE_NUMBER
  number = in_force + 1;
#else
  number = last + 1;
#endif
  last = MAX(last, number);
  if :: plan = MOVES :: aborts < ABORTS -> plan = STAYS fi;
  stage = PREPARE;
  fenced = false; wait1 = LISTED
}
inline write_drop() { aborts++; number = 0; plan = MOVES; stage = IDLE }
#ifdef LATE
#define NEXT skip
#else
#define NEXT propose()
#endif
/* The next is proposed at once. Who looks in between sees what he sees later, that this one is gone. */
inline drop_proposal() { write_drop(); NEXT }

proctype coordinator() {
  bool wait1;                   /* read after the proposal was written: by a successor, again */
  bool fenced;                  /* by this one: a successor does not know */

  do
  :: atomic { stage == IDLE && !committed -> propose() }
  :: atomic { stage == PREPARE && wait1 != LISTED -> wait1 = LISTED }
  :: atomic { stage == PREPARE && aborts < ABORTS -> drop_proposal() }
#ifdef FENCE_FIRST
  :: atomic { stage == PREPARE && ALL_ARRIVED && plan == MOVES && !fenced -> fenced = true; fence_x(number) }
  :: atomic { stage == PREPARE && fenced -> stage = FENCE; fences++ }
#else
  :: atomic { stage == PREPARE && ALL_ARRIVED && plan == MOVES -> stage = FENCE }
#endif
#ifdef ABORT_FENCED
  :: atomic { stage == FENCE && aborts < ABORTS -> drop_proposal() }
#endif
  :: atomic { stage == FENCE && !fenced && fences < FENCES -> fenced = true; fences++; fence_x(FENCED_BY) }
  :: atomic { stage == FENCE && fenced && fences < FENCES -> fenced = false }         /* stops */
#ifdef COMMIT_AT_ONCE
  :: atomic { stage == FENCE && fences == 0 -> fenced = true }
#endif
  :: atomic { stage == FENCE && fenced -> in_force = number; number = 0; plan = MOVES; stage = IDLE; fenced = false; wait1 = false; break }
  od
}

#ifdef CRASH
/* A former coordinator, held up on its way. */
active proctype former() {
end:
#ifdef BLIND_WRITE
  atomic { stage == PREPARE -> skip };
end_blind:
  atomic { aborts < ABORTS -> write_drop() }
#else
  if
  :: atomic { stage == FENCE && fences + 1 < FENCES -> fences++; fence_x(number) }
  :: atomic { committed && fences < FENCES -> fences++; fence_x(in_force) }
  fi
#endif
}
#endif

#ifdef OLD_MARKER
/* A coordinator of before, held up on its way. */
active proctype former_coordinator() {
end:
  atomic { stage != IDLE && epoch < 2 -> fence_x(1) }
}
#endif
