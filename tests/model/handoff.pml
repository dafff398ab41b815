/* The data path of one planned handoff: a channel moves from node X (view 1) to node Y (view 2) while
 * another stays on X.
 *
 * Two gateways publish numbered messages on the channel that moves, pipelined, and each has one
 * subscriber to it. Gateway 1 also publishes on the channel that stays, over the same connection to X.
 * Connections are queues, so everything may be late; X takes, refuses and fans out in one step, as its
 * scripts do. Y refuses nothing and is served at once: its part is to be subscribed in time. More of
 * who may propose and abort is in coordination.pml.
 *
 * A message is known by its rank: the how-manieth it was that a node accepted. Checked: a publisher's
 * messages are accepted in its order, each once; every subscriber gets every rank from its start on,
 * in order, and where it does not it is told of the gap at that place, and only those who were cut off
 * or lost a connection have gaps; nothing is refused on the channel that stays, unless its gateway was
 * not told; nobody gets stuck.
 *
 * Variants, of gateway 1: -DLATE starts at any moment; -DZOMBIE is cut off from coordination and learns
 * of view 2 from X alone; -DBREAK_OLD, -DBREAK_NEW loses its subscribing connection to X, to Y, once;
 * -DOLD_MARKER: a former coordinator repeats the fence of view 1. Of the coordinator: -DABORT drops
 * one proposal, which moves either channel, and makes another; -DCRASH: it may stop at any step, where
 * another begins that knows nothing, and one of before, held up, may do late what it read. Mutations:
 * see README.md.
 */
#ifndef M0
#define M0 2                    /* messages of gateway 0 on the channel that moves ... */
#endif
#ifndef M1
#define M1 1                    /* ... of gateway 1 ... */
#endif
#ifndef S1
#define S1 0                    /* ... and on the channel that stays */
#endif
#ifndef WINDOW
#define WINDOW 2
#endif
#if defined(CRASH) && !defined(FENCES)
#define FENCES 2                /* X is fenced at most so often, by one coordinator or another */
#elif !defined(CRASH)
#define FENCES 1
#endif
#ifdef ABORT
#define ABORTS 1                /* proposals that are dropped, at most */
#else
#define ABORTS 0
#endif
#define TOTAL (M0 + M1)
#define X 0
#define Y 1
#define AT(g, n) ((g) * 2 + (n))
#define NONE 255
#define GAP 128                 /* in the buffer: a gap is told here; what follows begins with this rank */
#define MAX(a, b) ((a) > (b) -> (a) : (b))
#define MOVES 0
#define STAYS 1

#ifdef ZOMBIE
#define HEARS(g) ((g) == 0)
#else
#define HEARS(g) true
#endif
#ifdef LATE
#define STARTS_LATE(g) ((g) == 1)
#else
#define STARTS_LATE(g) false
#endif
#if defined(ZOMBIE) || defined(BREAK_OLD) || defined(BREAK_NEW)
#define MAY_HAVE_GAPS(g) ((g) == 1)
#else
#define MAY_HAVE_GAPS(g) false
#endif

mtype = { MSG, SUBOK, FENCE, OK, STALE, IDLE, PREPARE };

chan pubq[2] = [WINDOW] of { bit, byte, byte };     /* channel, tag, seq: gateway -> X */
chan repq[2] = [WINDOW] of { mtype, bit, byte };    /* answer, channel, seq: X -> gateway */
chan subq[4] = [TOTAL + 5] of { mtype, byte };      /* kind, and rank or fence: node -> gateway, subscribing connection */
#ifdef ABORT
chan cmdq = [3] of { bool };                        /* subscribe, or leave: gateway 1 -> Y */
#endif

byte epoch = 1;                 /* of X: the lowest view whose publishes it takes */
bool subscribed[4];

/* The record in coordination: one write changes all of it, against the version that was read. */
mtype stage = IDLE;             /* of the proposal: PREPARE, FENCE; IDLE: there is none */
byte number, last = 1;          /* its number, and the highest ever given */
bit plan;                       /* the channel that it moves to Y */
byte in_force = 1;
#define committed (in_force > 1)

bool registered[2];
byte acked[2];                  /* the number of the last proposal that the gateway acknowledged */
byte aborts, fences;            /* bound the model: proposals dropped, fences carried out */

byte accepted;                  /* ghost: messages accepted on the channel that moves; the next one's rank */
byte accepted_x;                /* ghost: those of them that X accepted */
byte accepted_of[2];            /* ghost: per publisher */
byte accepted_stays;            /* ghost: on the channel that stays */
byte ended;

inline fanout(n, kind, what) {
  if :: subscribed[AT(0, n)] -> subq[AT(0, n)]!kind, what :: else fi;
  if :: subscribed[AT(1, n)] -> subq[AT(1, n)]!kind, what :: else fi
}

/* A node accepts publisher g's message `seq` on the channel that moves. */
inline accept(g, n, seq) {
  assert(seq == accepted_of[g]);
  accepted_of[g]++;
  fanout(n, MSG, accepted);
  accepted++;
  if :: n == X -> accepted_x++ :: else fi
}

inline serve_publish(g) {
  pubq[g]?channel, tag, seq;
  if
  :: tag < epoch -> repq[g]!STALE, channel, seq
  :: tag >= epoch && channel == STAYS -> assert(seq == accepted_stays); accepted_stays++; repq[g]!OK, channel, seq
  :: tag >= epoch && channel == MOVES -> accept(g, X, seq); repq[g]!OK, channel, seq
  fi;
  channel = 0; tag = 0; seq = 0
}

active proctype node_x() {
  byte tag, seq;
  bit channel;
end:
  do
  :: atomic { len(pubq[0]) > 0 -> serve_publish(0) }
  :: atomic { len(pubq[1]) > 0 -> serve_publish(1) }
  od
}

/* What the gateway hears with the confirmation is for the proof alone: where its part of the order begins. */
inline subscribe(g, n) {
  subscribed[AT(g, n)] = true;
  subq[AT(g, n)]!SUBOK, (n == X -> accepted_x : accepted)
}
/* Where proposals are aborted, gateway 1's commands to Y take their time, too: one may be taken back
 * before it is confirmed, and given again. A confirmation is for the last of them when no other is owed. */
#ifdef ABORT
active proctype node_y() {
  bool wanted;
end:
  do
  :: atomic { len(cmdq) > 0 -> cmdq?wanted;
       if :: wanted -> subscribe(1, Y) :: else -> subscribed[AT(1, Y)] = false fi; wanted = false }
  od
}
inline ask_y() { asked_y = true; owed++; if :: g == 1 -> cmdq!true :: else -> subscribe(g, Y) fi }
inline drop_y() { asked_y = false; if :: g == 1 -> cmdq!false :: else -> subscribed[AT(g, Y)] = false fi }
#else
inline ask_y() { asked_y = true; owed++; subscribe(g, Y) }
inline drop_y() { assert(false) }
#endif

inline deliver(rank) {
  assert(rank == next);
  next = rank + 1
}
/* Messages may be missing before rank `first`, and the subscriber hears so here. */
inline tell_gap(first) {
  assert(MAY_HAVE_GAPS(g));
  next = MAX(next, first)
}

#ifdef NO_DRAIN
#define DRAINED true
#define DRAINED_OF_STAYS true
#else
#define DRAINED (out_x == 0 && out_s == 0)
#define DRAINED_OF_STAYS (out_s == 0)
#endif
#ifdef EARLY_TAG
#define MAY_TAG true
#else
#define MAY_TAG (out_s == 0)
#endif
#ifdef TAG_KEPT
#define TAGGED(tag) ((tag) > 1)
#else
#define TAGGED(tag) ((tag) == preparing)
#endif
#ifdef ANY_CONFIRMATION
#define NONE_OWED true
#else
#define NONE_OWED (owed == 0)
#endif
#if defined(NO_BUFFER)
#define Y_MAY_SPEAK true
#elif defined(COMMIT_IS_LAST_WORD)
#define Y_MAY_SPEAK (end_x || committed)
#else
#define Y_MAY_SPEAK end_x
#endif
#ifdef MARKER_OF_OTHER_NUMBER
#define LAST_WORD(n) true
#else
#define LAST_WORD(n) ((n) > 1)
#endif
#ifdef CONFIRM_EARLY
#define CONFIRMED_BY_Y true
#else
#define CONFIRMED_BY_Y end_x
#endif
/* Who is not told of the commit by coordination hears it from the members. */
#ifdef NO_FENCE
#define HEARD (committed || end_x || resend != NONE)
#else
#define HEARD (end_x || resend != NONE || resend_s != NONE || (committed && HEARS(g)))
#endif

/* To acknowledge later would be as if the coordinator looked later: so it is done in the step that makes ready. */
#ifdef ACK_EARLY
#define READY (moves == MOVES)
#else
#define READY (confirmed && (moves == MOVES -> sub_y && (TAGGED(tag_s) || quota_s == 0) : TAGGED(tag_m)))
#endif
inline acknowledge() {
  if :: preparing > acked[g] && READY -> acked[g] = preparing :: else fi
}

/* A gateway reads of the proposal. */
inline begin() {
  preparing = number; moves = plan;
#ifndef ACK_EARLY
  if :: moves == MOVES && !asked_y -> ask_y() :: else fi;
#endif
  acknowledge()
}

/* The proposal was dropped before any fence. What was sent by its number may still be on its way. */
inline undo() {
#ifdef GONE_IS_DONE
  end_x = true;
#else
  if :: asked_y -> drop_y() :: else fi;
#ifndef KEEP_PREPARED
  sub_y = false;
#endif
#ifndef TAG_KEPT
  tag_m = 1; tag_s = 1;
#endif
  new_first = false; start_y = 0;
#endif
  preparing = 0; moves = 0
}

proctype gateway(bit g; byte quota; byte quota_s) {
  byte next;                                    /* the rank that the subscriber should get next */
  byte preparing;                               /* the number of the proposal that it follows ... */
  bit moves;                                    /* ... and what that moves */
  byte to_send, out_x, resend = NONE, tag_m = 1; /* on the channel that moves; out: not answered */
  byte to_send_s, out_s, resend_s = NONE, tag_s = 1;
  bool asked_x, asked_y, sub_x, sub_y;          /* subscribed: asked for, confirmed */
  bool confirmed;                               /* the subscriber has been told that it is subscribed */
  bool new_first;                               /* Y was asked before X: nothing of Y can be missing */
  bool end_x;                                   /* X has said its last word, and it was heard */
  bool switched, left, broken, must_tell;
  byte start_y, what, seq, owed;                /* owed: confirmations of Y */
  mtype kind;
  bit channel;
  chan buffered = [TOTAL + 2] of { byte };

  if
  :: STARTS_LATE(g) -> registered[g] = true;
       /* registers first, reads the view second */
       atomic {
#ifdef OLD_FIRST
         asked_x = true; subscribe(g, X)
#else
         if
         :: committed -> asked_x = true; sub_x = true; end_x = true; left = true; switched = true; tag_s = in_force; new_first = true; ask_y()
         :: !committed && stage != IDLE && plan == MOVES -> begin(); new_first = true
         :: !committed && stage != IDLE && plan == STAYS -> begin(); asked_x = true; subscribe(g, X)
         :: !committed && stage == IDLE -> asked_x = true; subscribe(g, X)
         fi
#endif
       }
  :: else -> asked_x = true; sub_x = true; confirmed = true
  fi;

  do
  /* --- prepare */
  :: atomic { preparing == 0 && stage != IDLE && HEARS(g) -> begin() }
#ifdef ACK_EARLY
  :: atomic { preparing != 0 && moves == MOVES && !asked_y -> ask_y() }
#endif
  :: atomic { !asked_x && (!new_first || sub_y) -> asked_x = true; subscribe(g, X) }
  :: atomic { preparing != 0 && moves == MOVES && !TAGGED(tag_s) && quota_s > 0 && MAY_TAG && !HEARD -> tag_s = preparing; acknowledge() }
  :: atomic { preparing != 0 && moves == STAYS && !TAGGED(tag_m) && out_x == 0 && !HEARD -> tag_m = preparing; acknowledge() }
  :: atomic { preparing != 0 && !committed && (stage == IDLE || number != preparing || plan != moves) && !end_x -> undo() }

  /* --- subscriber: X up to its last word ... */
  :: atomic { len(subq[AT(g, X)]) > 0 -> subq[AT(g, X)]?kind, what;
       if
       :: kind == SUBOK -> sub_x = true;
            if
            :: !confirmed -> confirmed = true; next = MAX(start_y, what); acknowledge()
#ifdef CONFIRM_EARLY
            :: confirmed && STARTS_LATE(g)
#endif
            :: else ->
#ifndef TRUST_MARKER_AFTER_RECONNECT
                 tell_gap(what)
#endif
            fi
       :: kind == MSG -> assert(!left); deliver(what)
       :: kind == FENCE && LAST_WORD(what) -> end_x = true
       :: kind == FENCE && !LAST_WORD(what)
       fi; kind = 0; what = 0 }
  /* ... then Y, whose messages wait until then. A gap of Y's lies where Y's part begins. */
  :: atomic { len(subq[AT(g, Y)]) > 0 -> subq[AT(g, Y)]?kind, what;
       if
       :: kind == SUBOK -> owed--; sub_y = asked_y && NONE_OWED;
            if
            :: !sub_y
            :: sub_y && new_first && !broken -> start_y = what; if :: CONFIRMED_BY_Y -> confirmed = true; next = what :: else fi
            :: sub_y && must_tell ->
#if defined(SILENT_CATCH_UP)
                 skip
#elif defined(GAP_EARLY)
                 tell_gap(what)
#else
                 buffered!(GAP + what)
#endif
            :: else
            fi;
            acknowledge()
       :: kind == MSG -> assert(asked_y); buffered!what
       fi; kind = 0; what = 0 }
  :: atomic { Y_MAY_SPEAK && confirmed && len(buffered) > 0 -> buffered?what;
       if
       :: what >= GAP -> tell_gap(what - GAP)
       :: else ->
#ifdef RELEASE_AT_BREAK
            if :: broken -> tell_gap(what) :: else fi;
#endif
            deliver(what)
       fi; what = 0 }
  /* the probe of a connection that came after the marker says where the fence stands */
#ifndef NO_PROBE
  :: atomic { sub_x && !end_x && epoch > 1 && !left && len(subq[AT(g, X)]) == 0 -> end_x = true }
#endif
  /* a gateway that has not prepared: what Y said before it came is missing */
  :: atomic { HEARD && !asked_y -> must_tell = true; ask_y() }

#ifdef BREAK_OLD
  :: atomic { g == 1 && !broken && sub_x && !left -> broken = true; sub_x = false; subscribed[AT(g, X)] = false;
       do :: len(subq[AT(g, X)]) > 0 -> subq[AT(g, X)]?kind, what :: else -> break od; kind = 0; what = 0;
#ifdef RELEASE_AT_BREAK
       end_x = true
#endif
     }
  :: atomic { g == 1 && broken && !subscribed[AT(g, X)] && !left -> subscribe(g, X) }
#endif
#ifdef BREAK_NEW
  :: atomic { g == 1 && !broken && sub_y -> broken = true; sub_y = false; owed = 0; subscribed[AT(g, Y)] = false;
       do :: len(subq[AT(g, Y)]) > 0 -> subq[AT(g, Y)]?kind, what :: else -> break od; kind = 0; what = 0 }
  :: atomic { g == 1 && broken && !subscribed[AT(g, Y)] -> must_tell = true; ask_y() }
#endif

  /* --- publisher: X by view 1 until the fence is known, then wait for X's answers, then Y, oldest first */
  :: atomic { confirmed && !switched && !HEARD && to_send < quota && out_x + out_s < WINDOW -> pubq[g]!MOVES, tag_m, to_send; to_send++; out_x++ }
  :: atomic { len(repq[g]) > 0 -> repq[g]?kind, channel, seq;
       if
       :: channel == STAYS -> out_s--; assert(kind == OK || acked[g] == 0);
#ifdef NO_DRAIN
            if :: kind == STALE -> tag_s = epoch; pubq[g]!STAYS, tag_s, seq; out_s++ :: else fi
#else
            if :: kind == STALE && resend_s == NONE -> resend_s = seq :: else fi
#endif
       :: channel == MOVES -> out_x--;
#ifdef NO_DRAIN
            if :: kind == STALE -> switched = true; accept(g, Y, seq) :: else fi
#else
            if :: kind == STALE && resend == NONE -> resend = seq :: else fi
#endif
       fi; kind = 0; channel = 0; seq = 0 }
  :: atomic { confirmed && !switched && HEARD && DRAINED -> switched = true;
#ifndef HELD_FIRST
       if :: resend != NONE -> to_send = resend; resend = NONE :: else fi
#endif
     }
#ifdef HELD_FIRST
  :: atomic { switched && resend != NONE && to_send == quota -> accept(g, Y, resend); resend++;
       if :: resend >= quota -> resend = NONE :: else fi }
#endif
  :: atomic { switched && to_send < quota -> accept(g, Y, to_send); to_send++ }

  /* --- publisher on the channel that stays: the same connection, a tag of its own. Who was not told
   *     in time waits for X's answers to these, too: nothing tagged 2 may overtake what will be refused. */
  :: atomic { confirmed && to_send_s < quota_s && out_x + out_s < WINDOW && (tag_s > 1 || !HEARD) -> pubq[g]!STAYS, tag_s, to_send_s; to_send_s++; out_s++ }
  :: atomic { tag_s == 1 && HEARD && DRAINED_OF_STAYS -> tag_s = epoch;
       if :: resend_s != NONE -> to_send_s = resend_s; resend_s = NONE :: else fi }

  /* --- clean up: X is left after its last word */
#ifdef LEAVE_EARLY
  :: atomic { committed && sub_x && !left -> left = true; end_x = true; subscribed[AT(g, X)] = false }
#else
  :: atomic { committed && end_x && sub_x && !left -> left = true; subscribed[AT(g, X)] = false }
#endif

  :: atomic { switched && left && to_send == quota && resend == NONE && accepted == TOTAL && next == TOTAL &&
       to_send_s == quota_s && resend_s == NONE && out_s == 0 && out_x == 0 && sub_y && owed == 0 &&
       len(subq[AT(g, X)]) == 0 && len(subq[AT(g, Y)]) == 0 && len(buffered) == 0 -> break }
  od;
  ended++
}

#include "handoff_coordinator.pml"

init {
  atomic {
    subscribed[AT(0, X)] = true; registered[0] = true;
    if :: !STARTS_LATE(1) -> subscribed[AT(1, X)] = true; registered[1] = true :: else fi;
    run coordinator(); run gateway(0, M0, 0); run gateway(1, M1, S1)
  };
  (ended == 2);
  assert(accepted == TOTAL && accepted_stays == S1)
}
