/* Who may do what when: proposals, acknowledgements, fences and commits of a planned handoff, with
 * coordinators that stop at any step and gateways that drop out of coordination.
 *
 * Channel A lives on X, B on W. Proposal 1 moves A to Y while B stays. It is aborted or carried out;
 * the next proposal moves to Y what is not there: both, from two old owners, or B alone. Two
 * coordinators share nothing but the record, written against the version that was read, and the
 * acknowledgements; both may believe at any time that they lead, and both may stop between any two
 * steps, any number of times: another, which knows nothing, begins in that place, but for the first
 * there may be none. Gateway 1 may lose its session once and come back under a new name.
 *
 * Nodes answer at once here and messages are not numbered: handoff.pml has the queues. A publish is
 * a check: which node would take it, by its tag and the node's fence, and who would miss it? So
 * `lost` says that a gateway's subscribers miss something that they have not been told of.
 *
 * Checked: nobody goes over to the new owner with something lost and not told; a gateway that
 * keeps its session never has a gap to tell; a node takes nothing for a channel after the fence that
 * moved it away; a fenced proposal is not dropped; what is committed was fenced; nobody gets stuck.
 *
 * Variants: -DLATE (gateway 1 starts at any moment), -DEXPIRY (gateway 1 loses its session); for searches
 * that would have no end, -DALONE (one coordinator at a time: it stops and is replaced, and none of
 * before is held up), -DNO_ABORT (one proposal moves both channels).
 * Mutations: see README.md.
 */
#define X 0
#define W 1
#define Y 2
#define A 0
#define B 1
#define OLD(c) (c)                          /* X is A's old owner, W is B's */
#define IN(set, c) (((set) >> (c)) & 1)     /* a set of channels: those that live on Y */
#define BOTH 3
#define GC(g, c) ((g) * 2 + (c))
#define MAX(a, b) ((a) > (b) -> (a) : (b))

mtype = { NONE, PREPARE, FENCE };

/* The record in coordination: one write changes all of it. */
mtype stage = NONE;
byte number, target;            /* of the proposal: its view, the channels that it moves to Y */
byte in_force, moved;           /* the view in force, the channels on Y in it */
byte last;                      /* the highest number ever given */
byte version;
#ifdef NO_ABORT
bool aborted = true;            /* one proposal moves both */
#else
bool aborted;                   /* bounds the model: one abort */
#endif

byte counted, counted_for;      /* who had acknowledged when the last fence began, and for which number */

bool here[2];                   /* there is an entry of the gateway ... */
bit name[2];                    /* ... and this is its name: a new session makes a new one */
bool ack[16];                   /* number * 4 + gateway * 2 + name */
#define ACK(n, g, i) ack[(n) * 4 + (g) * 2 + (i)]

byte epoch[3];                  /* per node: the lowest view whose publishes it takes */
byte told;                      /* the committed view that every member has been told, and fenced at */

/* Per gateway and channel. */
bool known[4];                  /* confirmed to subscribers: from here on nothing may be missing */
bool on_old[4], on_new[4];      /* subscribed there */
bool at_new[4];                 /* publishes there, and delivers what comes from there */
byte tag[4];                    /* of its publishes */
byte safe[4];                   /* the view for which the move is prepared */
bool fresh[4];                  /* subscribed anew while it moved, at the next owner first */

bool lost[4];                   /* ghost: missed and not told */
bool away[2];                   /* the channel's old owner has been fenced for its move, and has said its last word */
bool dropped_out[2];            /* ghost: the gateway lost its session */
byte ended;

#define TAKES(g, c) (known[GC(g, c)] && tag[GC(g, c)] >= epoch[(at_new[GC(g, c)] -> Y : OLD(c))])
#define MISSES(h, g, c) (known[GC(h, c)] && !lost[GC(h, c)] && !(at_new[GC(g, c)] -> on_new[GC(h, c)] : on_old[GC(h, c)]))

/* Only a publish that shows something is a step: the others change nothing. */
#define SHOWS(g, c) (TAKES(g, c) && (MISSES(0, g, c) || MISSES(1, g, c) || (away[c] && !at_new[GC(g, c)])))
inline publish(g, c) {
  assert(at_new[GC(g, c)] || !away[c]);
  if :: MISSES(0, g, c) -> lost[GC(0, c)] = true :: else fi;
  if :: MISSES(1, g, c) -> lost[GC(1, c)] = true :: else fi
}

/* The record tells a gateway whether its acknowledgement was there when the fence began. One that was
 * not waited for may have been subscribed too late, and cannot know it otherwise. */
#ifdef UNCHECKED
#define IN_TIME(g, n) true
#else
#define IN_TIME(g, n) (counted_for == (n) && ((counted >> ((g) * 2)) & 3) != 0)
#endif

/* The channel goes over to its new owner: everything is known to be there, or a gap is told. */
inline go_over(g, c, n) {
  if
  :: safe[GC(g, c)] == n && (fresh[GC(g, c)] || IN_TIME(g, n)) -> assert(!lost[GC(g, c)])
  :: else -> assert(dropped_out[g]); on_new[GC(g, c)] = true; lost[GC(g, c)] = false
  fi;
  at_new[GC(g, c)] = true; tag[GC(g, c)] = n
}

/* The view n with the channels `set` on Y is in force, wherever that was read: what has not gone
 * over does so, old subscriptions are left, and the next proposal may begin. */
inline commit(g, n, set) {
  if :: IN(set, A) && !at_new[GC(g, A)] -> go_over(g, A, n) :: else fi;
  if :: IN(set, B) && !at_new[GC(g, B)] -> go_over(g, B, n) :: else fi;
  if :: IN(set, A) -> on_old[GC(g, A)] = false :: else fi;
  if :: IN(set, B) -> on_old[GC(g, B)] = false :: else fi;
  view = n;
  if :: preparing <= n -> preparing = 0; plan = 0; subscribed = false :: else fi
}

#define MOVES(g, c) (preparing != 0 && IN(plan, c))
#ifdef ACK_EARLY
#define READY(g, c) true
#else
#define READY(g, c) (!MOVES(g, c) || at_new[GC(g, c)] || safe[GC(g, c)] == preparing)
#endif
/* Reads the record and remembers what is to be done. A watch says "look again" some time after the write. */
inline begin() {
  if
  :: stage != NONE && number > view && in_force == view && preparing == 0 -> preparing = number; plan = target
  :: else
  fi
}

inline prepare(g, c) {
  if
  :: !known[GC(g, c)] || at_new[GC(g, c)]
  :: else -> if :: MOVES(g, c) -> on_new[GC(g, c)] = true :: else -> tag[GC(g, c)] = preparing fi
  fi
}
inline undo(g, c) {
  fresh[GC(g, c)] = false;
  if :: MOVES(g, c) && !at_new[GC(g, c)] -> on_new[GC(g, c)] = false :: else fi
}
inline check(g, c) {
  if
  :: MOVES(g, c) && known[GC(g, c)] && !at_new[GC(g, c)] && on_new[GC(g, c)] -> safe[GC(g, c)] = preparing
  :: else
  fi
}

/* A new subscription: the next owner first, then the old one, and confirmed when both are. */
inline begin_channel(g, c) {
  if
  :: IN(start, c) -> on_new[GC(g, c)] = true; at_new[GC(g, c)] = true; tag[GC(g, c)] = view; known[GC(g, c)] = true
#ifndef LATE_OLD_ONLY
  :: !IN(start, c) && MOVES(g, c) && !on_new[GC(g, c)] -> on_new[GC(g, c)] = true
  :: !IN(start, c) && MOVES(g, c) && on_new[GC(g, c)] -> on_old[GC(g, c)] = true; safe[GC(g, c)] = preparing; fresh[GC(g, c)] = true; known[GC(g, c)] = true
  :: !IN(start, c) && !MOVES(g, c) -> on_old[GC(g, c)] = true; known[GC(g, c)] = true
#else
  :: !IN(start, c) -> on_old[GC(g, c)] = true; known[GC(g, c)] = true
#endif
  fi
}

#define STARTED(g) (known[GC(g, A)] && known[GC(g, B)])

proctype gateway(bit g; bool late; bool may_expire) {
  byte view;                    /* what is in force, as far as this gateway knows */
  byte preparing, plan;         /* the proposal that is being prepared and what it moves */
  byte start;                   /* the channels on Y in the first record read */
  bool subscribed;
  bool must_read;               /* since it came back, or started, it has not read the record */

  if
  :: late ->
#ifdef READ_FIRST
       atomic { view = in_force; start = moved; begin() };
       here[g] = true
#else
       here[g] = true;
       atomic { view = in_force; start = moved; begin() }
#endif
  :: else
  fi;

  do
  /* --- a gateway that starts */
  :: atomic { !known[GC(g, A)] -> begin_channel(g, A) }
  :: atomic { !known[GC(g, B)] && known[GC(g, A)] -> begin_channel(g, B) }

  /* --- its session is lost, and it does not know; later it is back under a new name */
  :: atomic { may_expire && here[g] && !dropped_out[g] -> dropped_out[g] = true; here[g] = false }
  :: atomic { dropped_out[g] && !here[g] -> name[g] = 1; here[g] = true; must_read = true }
  :: atomic { must_read -> must_read = false; begin() }

  /* --- prepare: one handoff after the other */
  :: atomic { STARTED(g) && here[g] && !must_read && stage != NONE && number > view && in_force == view && preparing == 0 -> begin() }
  :: atomic { STARTED(g) && preparing != 0 && !subscribed -> subscribed = true; prepare(g, A); prepare(g, B) }
  :: atomic { subscribed && !(READY(g, A) && READY(g, B)) -> check(g, A); check(g, B) }
  :: atomic { subscribed && here[g] && !must_read && READY(g, A) && READY(g, B) && !ACK(preparing, g, name[g]) -> ACK(preparing, g, name[g]) = true }
  /* the proposal was dropped, or dropped and another made between two looks */
  :: atomic { STARTED(g) && preparing != 0 && here[g] && !must_read && in_force < preparing && (stage == NONE || number != preparing || target != plan) ->
       undo(g, A); undo(g, B); preparing = 0; plan = 0; subscribed = false }

  /* --- the fence, heard from the old owner: marker, probe or STALE. It speaks of this owner alone. The
   *     record that the node was given with it says whether the channel goes or stays (away). */
  :: atomic { STARTED(g) && !at_new[GC(g, A)] && away[A] && epoch[X] > view -> go_over(g, A, epoch[X]) }
  :: atomic { STARTED(g) && !at_new[GC(g, B)] && away[B] && epoch[W] > view -> go_over(g, B, epoch[W]) }
  :: atomic { STARTED(g) && !at_new[GC(g, A)] && !away[A] && epoch[X] > tag[GC(g, A)] -> tag[GC(g, A)] = epoch[X] }
  :: atomic { STARTED(g) && !at_new[GC(g, B)] && !away[B] && epoch[W] > tag[GC(g, B)] -> tag[GC(g, B)] = epoch[W] }
  :: atomic { STARTED(g) && at_new[GC(g, A)] && epoch[Y] > tag[GC(g, A)] -> tag[GC(g, A)] = epoch[Y] }
#ifdef NODE_RECORD_IS_COMMIT
  /* the record that X was given with its fence, taken for a committed one */
  :: atomic { STARTED(g) && epoch[X] > view && epoch[X] == number && stage == FENCE -> commit(g, number, moved | target) }
#endif

  /* --- commit: read in coordination, or heard from a member that loses nothing */
  :: atomic { STARTED(g) && here[g] && !must_read && in_force > view -> commit(g, in_force, moved) }
  :: atomic { STARTED(g) && told > view && told == in_force -> commit(g, in_force, moved) }

  :: atomic { SHOWS(g, A) -> publish(g, A) }
  :: atomic { SHOWS(g, B) -> publish(g, B) }

  :: atomic { STARTED(g) && moved == BOTH && view == in_force -> break }
  od;
  atomic { view = 0; preparing = 0; plan = 0; start = 0; subscribed = false; must_read = false; ended++ }
}

#ifdef BLIND_WRITE
#define CURRENT true
#else
#define CURRENT (version == r_version)
#endif
#ifdef WAIT_FOR_ALL
#define GONE(g, i) false
#else
#define GONE(g, i) (!here[g] || name[g] != i)
#endif
#ifdef NO_BARRIER
#define ARRIVED(g, w) true
#else
#define ARRIVED(g, w) (w == 0 || ACK(r_number, g, w - 1) || GONE(g, w - 1))
#endif

inline list_gateways() {
  wait0 = (here[0] -> 1 + name[0] : 0); wait1 = (here[1] -> 1 + name[1] : 0)
}

/* Every old owner has its own script: other things happen between two of them. */
inline fence(c) {
  if
  :: IN(r_target, c) ->
       if :: r_number > epoch[OLD(c)] -> epoch[OLD(c)] = r_number :: else fi;
       away[c] = true
  :: else
  fi
}
inline propose() {
  if
  :: CURRENT -> stage = PREPARE; version++;
#ifdef REUSE_NUMBER
       number = in_force + 1;
#else
       number = last + 1;
#endif
       last = MAX(last, number);
       target = ((moved == 0 && !aborted) -> 1 : BOTH - moved)
  :: else
  fi
}
inline drop_proposal() {
  if
  :: CURRENT ->
       assert(epoch[X] < r_number && epoch[W] < r_number);
       stage = NONE; number = 0; target = 0; aborted = true; version++
  :: else
  fi
}
inline write_commit() {
  if
  :: CURRENT ->
       assert((!IN(r_target, A) || epoch[X] >= r_number) && (!IN(r_target, B) || epoch[W] >= r_number));
       stage = NONE; in_force = r_number; moved = moved | r_target; number = 0; target = 0; version++
  :: else
  fi
}
/* Every member hears of the commit, and takes nothing by an older view from then on. */
inline tell() {
  told = in_force;
  epoch[X] = MAX(epoch[X], told); epoch[W] = MAX(epoch[W], told); epoch[Y] = MAX(epoch[Y], told)
}
#define DONE (moved == BOTH && told == in_force)
#define STOP if :: may_end -> goto ended_here :: goto next_one :: true fi

/* Reads the record, then does the step that it calls for. Anything may happen between two steps. One
 * that stops when it has only read might as well have been replaced before and its successor read then. */
proctype coordinator(bool may_end) {
  byte r_version, r_number, r_target, wait0, wait1;
  mtype r_stage = NONE;

  do
  :: atomic { !DONE -> r_version = version; r_stage = stage; r_number = number; r_target = target;
       if
       :: stage == PREPARE ->
#ifdef STALE_LIST
            if :: wait0 == 0 && wait1 == 0 -> list_gateways() :: else fi
#else
            list_gateways()
#endif
       :: else
#ifdef STALE_LIST
            list_gateways()
#endif
       fi };
     if :: may_end -> goto ended_here :: true fi;
     if
     :: r_stage == NONE && told == in_force && moved != BOTH -> atomic { propose() }
     :: r_stage == NONE && told != in_force -> atomic { tell() }
     :: r_stage == NONE && DONE -> skip
     :: r_stage == PREPARE && !aborted -> atomic { drop_proposal() }
     :: r_stage == PREPARE ->
#ifdef FENCE_FIRST
          atomic { (ARRIVED(0, wait0) && ARRIVED(1, wait1)) || version != r_version -> fence(A) };
          STOP;
          atomic { fence(B) };
          STOP;
#endif
          atomic { (ARRIVED(0, wait0) && ARRIVED(1, wait1)) || version != r_version ->
            if
            :: CURRENT -> stage = FENCE; version++; counted_for = r_number;
                 counted = ACK(r_number, 0, 0) + (ACK(r_number, 0, 1) << 1) + (ACK(r_number, 1, 0) << 2) + (ACK(r_number, 1, 1) << 3)
            :: else
            fi }
     :: r_stage == FENCE ->
          atomic { fence(A) };
          STOP;
#ifndef FENCE_ONE
          atomic { fence(B) };
          STOP;
#endif
          atomic { write_commit() }
#ifdef ABORT_FENCED
     :: r_stage == FENCE && !aborted -> atomic { drop_proposal() }
#endif
     fi;
next_one:
     atomic { r_version = 0; r_number = 0; r_target = 0; r_stage = NONE;
#ifndef STALE_LIST
       wait0 = 0; wait1 = 0
#endif
     }
  :: DONE -> break
  od;
ended_here:
  atomic { r_version = 0; r_number = 0; r_target = 0; wait0 = 0; wait1 = 0; r_stage = NONE }
}

#ifdef LATE
#define STARTS_LATE true
#else
#define STARTS_LATE false
#endif
#ifdef EXPIRY
#define MAY_EXPIRE true
#else
#define MAY_EXPIRE false
#endif

init {
  atomic {
    known[0] = true; known[1] = true; on_old[0] = true; on_old[1] = true; here[0] = true;
    if
    :: !STARTS_LATE -> known[2] = true; known[3] = true; on_old[2] = true; on_old[3] = true; here[1] = true
    :: else
    fi;
    run gateway(0, false, false); run gateway(1, STARTS_LATE, MAY_EXPIRE);
#ifndef ALONE
    run coordinator(true);
#endif
    run coordinator(false)
  };
  (ended == 2);
  assert(!lost[0] && !lost[1] && !lost[2] && !lost[3])
}
