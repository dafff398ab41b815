/* How a member that may be alive is removed: X, whose lease has to end before others get its arcs.
 *
 * Time is counted in ticks that may pass between any two steps. A lease ends LEASE ticks after the
 * proof that it was granted on; what is remembered of a time is how many ticks it has left. The
 * record is known by its number: it rises by one with each write, and announces the removal of X
 * when it is odd. An announcement is lifted, or X is removed, which is final.
 *
 * X's agent learns the record at any later time, or never. Its proofs are ZooKeeper's word (a vain
 * write, then the number of the record) and the word of most members. What it sends to its Redis is
 * done at any later time, in any order: a Redis may be frozen, and connections are made anew. The
 * agent is replaced once, with all that it knew; Redis ends once and is started again, empty. The
 * coordinator tells members of the announcement, any or none of them, and is replaced once. However
 * X ended, half of the others know of it when it is removed; what that is for is in votes.pml.
 *
 * Checked: once X is removed it has no lease, or is fenced, so that it takes no publish of a view of
 * which it was a member.
 *
 * Variants: -DFOUR (members in all, otherwise three). Mutations: see README.md. -DBY_... : the way
 * of that name out of the ring is open, shown by a violation.
 */
#define LEASE 2
#ifdef SHORT_WAIT
#define WAIT 1
#else
#define WAIT LEASE                          /* from the time when half of the others were told */
#endif
#ifdef LIFTED
#define RECORDS 4                           /* announced, lifted, announced, removed */
#else
#define RECORDS 2
#endif
#define NONE 255

#ifdef FOUR
#define OTHERS 3
#else
#define OTHERS 2
#endif
#define MEMBERS (OTHERS + 1)
#define COUNT(set) (((set) & 1) + (((set) >> 1) & 1) + (((set) >> 2) & 1))
#define MAX(a, b) ((a) > (b) -> (a) : (b))
#define ANNOUNCES(number) ((number) != NONE && (number) % 2 == 1)

byte latest;                    /* the record in ZooKeeper */
bool removed;                   /* ... is the one without X */
byte yields;                    /* what X's agent acknowledged there: the announcement */
byte told[OTHERS];              /* the record that a member was told last */

/* X's Redis. */
bool up = true;
byte lease;                     /* ticks left */
byte yielded;                   /* for which announcement; no lease by a record that is no later */
bool fenced;                    /* at the view without X */

/* X's agent. */
byte known;                     /* the record; NONE: none was read yet */
bool connected = true;
bool refused;                   /* the last attempt to connect was */
bool restored = true;           /* the fence, since this Redis started */
byte proof;                     /* ticks that a lease granted on it has left */
byte over = LEASE;              /* ... that whatever was granted has left */
byte word_left, word = NONE;    /* ZooKeeper asked: so long ago; the record that it says */
byte poll_left, said;           /* the members asked; who says that nothing is later than what is known */
byte yield_asked, yield_sent, yield_done;

/* On the way to X's Redis: renewals. */
byte keep_left[2], keep_by[2] = NONE;

/* The coordinator. */
byte seen;                      /* the announcement that it waits for; it saw it itself */
byte counted;                   /* the members that it has told */
byte wait = NONE;               /* ticks until no lease can be left */
byte ended;                     /* the announcement since which connections were refused */

bool replaced_agent, replaced_coordinator, restarted;

#define KNOWS_REMOVED (removed && known == latest)
#define SAFE (!removed || lease == 0 || fenced)

#ifdef UNFENCED
#define FENCED_ENOUGH true
#else
#define FENCED_ENOUGH (!KNOWS_REMOVED || fenced)
#endif

#ifdef FEW_TOLD
#define HALF_IS_TOLD (COUNT(counted) * 2 >= MEMBERS - 2)
#else
#define HALF_IS_TOLD (COUNT(counted) * 2 >= MEMBERS)
#endif

#ifdef FEW_ASKED
#define MOST_SAY (COUNT(said) * 2 + 2 >= MEMBERS)
#else
#define MOST_SAY (COUNT(said) * 2 + 2 > MEMBERS)
#endif

inline pass(left) { if :: left > 0 -> left-- :: else fi }

active proctype clock() {
  do
  :: d_step {
       pass(lease); pass(proof); pass(over); pass(word_left); pass(poll_left);
       pass(keep_left[0]); pass(keep_left[1]);
       if :: wait != NONE -> pass(wait) :: else fi;
#ifndef RELATIVE
       if :: keep_left[0] == 0 -> keep_by[0] = NONE :: else fi;
       if :: keep_left[1] == 0 -> keep_by[1] = NONE :: else fi;
#endif
       if :: word_left == 0 -> word = NONE :: else fi;
       if :: poll_left == 0 -> said = 0 :: else fi
     }
  od
}

inline remove(way) {
  latest++; removed = true; seen = 0; counted = 0; wait = NONE; ended = 0;
#ifdef BY_YIELD
  assert(way != 1);
#endif
#ifdef BY_REFUSAL
  assert(way != 2);
#endif
#ifdef BY_TIME
  assert(way != 3);
#endif
  assert(SAFE)
}

inline tell(i) {
  told[i] = MAX(told[i], seen);
  if
  :: counted = counted | (1 << i);              /* it answers, or its answer is lost */
     if :: HALF_IS_TOLD && wait == NONE -> wait = WAIT :: else fi
  :: skip
  fi
}

active proctype coordinator() {
  do
  /* It announces what does not answer, or may think so. */
  :: atomic { !removed && latest % 2 == 0 && latest + 2 <= RECORDS ->
       latest++; seen = latest; counted = 0; wait = NONE;
#ifndef OLD_REFUSAL
       ended = 0;
#endif
#ifdef UNTOLD
       wait = WAIT
#endif
     }
#ifdef LIFTED
  :: atomic { seen == 1 -> latest++; seen = 0; counted = 0; wait = NONE; ended = 0 }
#endif
  :: atomic { seen != 0 && !(counted & 1) -> tell(0) }
  :: atomic { seen != 0 && !(counted & 2) -> tell(1) }
#ifdef FOUR
  :: atomic { seen != 0 && !(counted & 4) -> tell(2) }
#endif
#ifdef OLD_REFUSAL
  :: atomic { !up -> ended = 1 }
  :: atomic { seen != 0 && ended != 0 && HALF_IS_TOLD -> remove(2) }
#else
  :: atomic { seen != 0 && !up -> ended = seen }
  :: atomic { seen != 0 && ended == seen && HALF_IS_TOLD -> remove(2) }
#endif
#ifdef OLD_YIELD
  :: atomic { seen != 0 && yields != 0 && HALF_IS_TOLD -> remove(1) }
#else
  :: atomic { seen != 0 && yields == seen && HALF_IS_TOLD -> remove(1) }
#endif
  :: atomic { seen != 0 && wait == 0 -> remove(3) }
  /* Another one takes over: the announcement it finds, and nothing that the first one knew. */
#ifdef REPLACED
  :: atomic { !replaced_coordinator && seen != 0 ->
       replaced_coordinator = true; counted = 0; wait = NONE; ended = 0 }
#endif
  od
}

inline acknowledge() { yields = known }

inline prove(left) { proof = MAX(proof, left) }

inline restore() {
  restored = true;
  if :: KNOWS_REMOVED -> fenced = true :: else fi
}

inline ask_member(i) {
  if
  :: known == NONE || told[i] > known -> known = told[i]; said = 0
  :: else ->
     said = said | (1 << i);
     if :: MOST_SAY -> prove(poll_left) :: else fi
  fi
}

inline grant(k) {
  keep_by[k] = known;
#ifdef FROM_GRANT
  keep_left[k] = LEASE;
#else
  keep_left[k] = proof;
#endif
  over = MAX(over, keep_left[k])
}

#define MAY_GRANT (connected && restored && known != NONE && !ANNOUNCES(known) && proof > 0 && FENCED_ENOUGH)

active proctype agent() {
  do
  /* The record, from a server that may lag behind. */
  :: atomic { known == NONE -> if :: known = latest :: latest > 0 -> known = latest - 1 :: latest > 1 -> known = 0 fi }
  :: atomic { known != NONE && known < latest -> known++ }

  /* ZooKeeper's word. */
  :: atomic { word_left < LEASE -> word_left = LEASE; word = NONE }
  :: atomic { word_left > 0 && word == NONE -> word = latest }
#ifdef STALE_WORD
  :: atomic { word_left > 0 && word == NONE && known != NONE -> word = known }
#endif
  :: atomic { word != NONE && known != NONE && known >= word ->
       prove(word_left);
       if :: connected && !restored -> restore() :: else fi;
       word_left = 0; word = NONE }

  /* The word of members; never the first after a start. */
  :: atomic { restored && poll_left < LEASE -> poll_left = LEASE; said = 0 }
  :: atomic { poll_left > 0 && !(said & 1) -> ask_member(0) }
  :: atomic { poll_left > 0 && !(said & 2) -> ask_member(1) }
#ifdef FOUR
  :: atomic { poll_left > 0 && !(said & 4) -> ask_member(2) }
#endif

  /* Renewals. */
  :: atomic { MAY_GRANT && keep_by[0] == NONE -> grant(0) }
  :: atomic { MAY_GRANT && keep_by[0] != NONE && keep_by[1] == NONE -> grant(1) }
  :: atomic { connected && restored && KNOWS_REMOVED && !fenced -> fenced = true }

  /* Its removal is announced: the lease is given up. */
  :: atomic { connected && ANNOUNCES(known) && yield_asked != known ->
       yield_asked = known; yield_sent = known;
#ifdef ACK_EARLY
       acknowledge()
#endif
     }
  :: atomic { yield_done != 0 -> if :: yield_done == known -> acknowledge() :: else fi; yield_done = 0 }
  :: atomic { ANNOUNCES(known) && yields != known && over == 0 -> acknowledge() }
  :: atomic { ANNOUNCES(known) && yields != known && refused -> acknowledge() }

  :: atomic { !connected && !up && !refused -> refused = true }
  :: atomic { !connected && up ->
       connected = true; refused = false; word_left = 0; word = NONE }

  /* Another agent of the same id. */
#ifdef REPLACED
  :: atomic { !replaced_agent ->
       replaced_agent = true; known = NONE; restored = false; proof = 0;
       word_left = 0; word = NONE; poll_left = 0; said = 0;
       yield_asked = 0; yield_done = 0; refused = false;
#ifdef SHORT_MEMORY
       over = 0
#else
       over = LEASE
#endif
     }
#endif
  od
}

inline keep(k) {
  if
#ifdef NO_STAMP
  :: true ->
#else
  :: yielded == 0 || keep_by[k] > yielded ->
#endif
#ifdef RELATIVE
     lease = LEASE
#else
     lease = MAX(lease, keep_left[k])
#endif
  :: else
  fi;
  keep_by[k] = NONE; keep_left[k] = 0;
  assert(SAFE)
}

active proctype redis() {
  do
  :: atomic { up && keep_by[0] != NONE -> keep(0) }
  :: atomic { up && keep_by[1] != NONE -> keep(1) }
  :: atomic { up && yield_sent != 0 ->
       lease = 0; yielded = MAX(yielded, yield_sent); yield_done = yield_sent; yield_sent = 0 }
#ifdef RESTARTED
  /* It ends, and its connections with it. */
  :: atomic { up && !restarted ->
       up = false; restarted = true; lease = 0; yielded = 0; fenced = false; connected = false;
#ifndef NO_REREAD
       restored = false;
#endif
       keep_by[0] = NONE; keep_left[0] = 0; keep_by[1] = NONE; keep_left[1] = 0;
       yield_asked = 0; yield_sent = 0; yield_done = 0 }
  :: atomic { !up -> up = true }
#endif
  od
}
