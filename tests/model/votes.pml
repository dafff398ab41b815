/* Whose word a member may take that nothing later is known: who the members are changes, and an
 * agent that is cut off from ZooKeeper goes by the record that it holds.
 *
 * Each record has a number, the members of the view in force, those of the next view while nodes
 * are being fenced for it, and those whose removal is announced. A node was told one of them last,
 * or nothing. The coordinator writes records and tells members the last one, any or none of them. One
 * that loses an answer, or is replaced, counts fewer than there are, and does later what it does.
 * One member, the victim, is followed: its agent learns the last record at any time, or never, or
 * a later one than it knows from a member. Which members it reaches is left to Spin:
 * for a lease it is enough that there is a majority that would vouch.
 *
 * Leases have no length here (removal.pml has): when half of the members know of a removal, the
 * wait begins at whose end every lease has ended that was proven before. So a lease that the victim
 * has then is forgotten, and one that it is granted after is one too many.
 *
 * Checked: when the victim is removed it has no lease, and gets none by a record from before that.
 *
 * RECORDS: how many are written. Variants: -DFIVE (nodes, four of them members at first, otherwise
 * four and three), -DLIFTED (announcements are),
 * -DENDED (nodes end and are started again). Mutations: see README.md.
 */
#ifndef RECORDS
#define RECORDS 4
#endif
#ifdef FIVE
#define NODES 5
#define FIRST 15
#else
#define NODES 4
#define FIRST 7
#endif
#define NOTHING 255
#define BIT(i) (1 << (i))
#define COUNT(set) (((set) & 1) + (((set) >> 1) & 1) + (((set) >> 2) & 1) + (((set) >> 3) & 1) + (((set) >> 4) & 1))
#define HAS(set, i) (((set) >> (i)) & 1)

/* The records, by the order of their writes. */
byte last;
byte number[RECORDS + 1];
byte members[RECORDS + 1];
byte next[RECORDS + 1];          /* while it is being fenced for; 0: no handoff */
byte leaving[RECORDS + 1];       /* announced to be removed */

byte told[NODES];                /* the record that a node was told last */

/* The coordinator. */
byte owners;                     /* who is to be fenced, in a handoff */
byte half;                       /* of whose announcements half of the others know */

/* The victim. */
byte victim;
byte known;                      /* the record that its agent holds */
bool lease;
byte removed;                    /* the record without it; 0: none */

#define IN_FORCE (members[last])
#define HALF(set) (COUNT((set) & IN_FORCE) * 2 >= COUNT(IN_FORCE))

/* Who was told the last record, or has ended. */
#define IS_TOLD(i) (told[i] == last || told[i] == NOTHING)
#define TOLD (IS_TOLD(0) | (IS_TOLD(1) << 1) | (IS_TOLD(2) << 2) | (IS_TOLD(3) << 3) | FIFTH_TOLD)

/* Of a handoff that changes who the members are. */
#ifdef HANDOFF_UNTOLD
#define MAY_COMMIT true
#else
#ifdef FEW_TOLD
#define MAY_COMMIT (COUNT(TOLD & IN_FORCE) * 2 + 2 >= COUNT(IN_FORCE))
#else
#define MAY_COMMIT HALF(TOLD)
#endif
#endif

#define VOUCHES(i, record) (!HAS(leaving[record], i) && told[i] != NOTHING && number[told[i]] <= number[record])
#ifdef FIVE
#define FIFTH(record) (VOUCHES(4, record) << 4)
#define FIFTH_KNOWS_NOT(k) && told[4] != k
#define FIFTH_TOLD (IS_TOLD(4) << 4)
#else
#define FIFTH(record) 0
#define FIFTH_KNOWS_NOT(k)
#define FIFTH_TOLD 0
#endif
#define VOUCHERS(record) (VOUCHES(0, record) | (VOUCHES(1, record) << 1) | (VOUCHES(2, record) << 2) | (VOUCHES(3, record) << 3) | FIFTH(record))
#define MOST(set, of) (COUNT((set) & (of)) * 2 > COUNT(of))
#ifdef FORMER_ONLY
#define PROVEN MOST(VOUCHERS(known), members[known])
#else
#ifdef NEXT_ONLY
#define PROVEN ((next[known] == 0 && MOST(VOUCHERS(known), members[known])) || (next[known] != 0 && MOST(VOUCHERS(known), next[known])))
#else
#define PROVEN (MOST(VOUCHERS(known), members[known]) && (next[known] == 0 || MOST(VOUCHERS(known), next[known])))
#endif
#endif

/* What a record held that nobody knows any more is all the same. */
inline forget_unknown(k) {
  if
  :: k < last && known != k && told[0] != k && told[1] != k && told[2] != k && told[3] != k FIFTH_KNOWS_NOT(k) ->
     members[k] = 0; next[k] = 0; leaving[k] = 0; number[k] = 0
  :: else
  fi
}

/* The record after the last one, to be changed. */
inline write() {
  members[last + 1] = members[last]; next[last + 1] = next[last]; leaving[last + 1] = leaving[last];
  number[last + 1] = number[last] + 1;
  last++;
  forget_unknown(0); forget_unknown(1); forget_unknown(2); forget_unknown(3); forget_unknown(4)
}

inline propose(i) {
  if
  :: !HAS(IN_FORCE, i) ->                       /* it takes arcs from one member alone */
     write(); next[last] = IN_FORCE | BIT(i);
     if
     :: HAS(IN_FORCE, 0) -> owners = BIT(0)
     :: HAS(IN_FORCE, 1) -> owners = BIT(1)
     :: HAS(IN_FORCE, 2) -> owners = BIT(2)
     :: HAS(IN_FORCE, 3) -> owners = BIT(3)
     fi
  :: HAS(IN_FORCE, i) && COUNT(IN_FORCE) > 1 ->
     write(); next[last] = IN_FORCE & ~BIT(i);
     if :: owners = BIT(i) :: true fi           /* it may have had no arc at all */
  fi
}

inline commit() {
  write();
  /* The number of the proposal, unless somebody was announced since. */
  if :: leaving[last] == 0 -> number[last]-- :: else fi;
  members[last] = next[last]; next[last] = 0; owners = 0;
  if :: HAS(IN_FORCE, victim) && !HAS(leaving[last], victim) -> removed = 0 :: else fi
}

inline know_of(i) {
  if
  :: HAS(leaving[last], i) && !HAS(half, i) && HALF(TOLD & ~BIT(i)) ->
     half = half | BIT(i);
     if :: i == victim -> lease = false :: else fi
  :: else
  fi
}

inline tell(i) {
  told[i] = last;
  know_of(0); know_of(1); know_of(2); know_of(3)
#ifdef FIVE
  ; know_of(4)
#endif
}

inline announce(i) {
  write(); leaving[last] = leaving[last] | BIT(i)
}

/* An old owner, whose lease is over: the handoff goes on without its fence. */
inline go_on_without(i) {
  owners = owners & ~BIT(i);
  if
  :: i == victim -> removed = last; assert(!lease)
  :: else
  fi
}

inline remove(i) {
  write();
  members[last] = IN_FORCE & ~BIT(i); leaving[last] = leaving[last] & ~BIT(i); half = half & ~BIT(i);
  if
  :: i == victim -> removed = last; assert(!lease)
  :: else
  fi
}

inline lift(i) {
  write(); leaving[last] = leaving[last] & ~BIT(i); half = half & ~BIT(i)
}

/* Its Redis has ended, and forgotten all. What is started there is told the record by its agent, by
   the word of ZooKeeper, before anything else. */
inline forget(i) {
  told[i] = NOTHING;
  know_of(0); know_of(1); know_of(2); know_of(3)
#ifdef FIVE
  ; know_of(4)
#endif
}

#ifdef YIELD_UNTOLD
#define MAY_GO_BY_YIELD(i) true
#else
#define MAY_GO_BY_YIELD(i) HAS(half, i)
#endif
#ifdef END_UNTOLD
#define MAY_GO_BY_END(i) true
#else
#define MAY_GO_BY_END(i) HAS(half, i)
#endif
#define MORE (last < RECORDS)
#define QUIET (next[last] == 0 && leaving[last] == 0)
#define NOT_TOO_MANY ((COUNT(leaving[last]) + 1) * 2 <= COUNT(IN_FORCE))

inline coordinate(i) {
  if
  :: MORE && QUIET && (!HAS(IN_FORCE, i) || COUNT(IN_FORCE) > 1) -> propose(i)
  :: HAS(IN_FORCE, i) && !IS_TOLD(i) -> tell(i)
  :: MORE && HAS(IN_FORCE, i) && !HAS(leaving[last], i) && NOT_TOO_MANY && (next[last] == 0 || HAS(owners, i)) -> announce(i)
  :: next[last] != 0 && HAS(owners, i) && HAS(leaving[last], i) && HAS(half, i) -> go_on_without(i)
  :: MORE && next[last] == 0 && HAS(leaving[last], i) && HAS(half, i) -> remove(i)                          /* by time */
  /* What the victim itself gives up, or what ends there, is of no danger. */
  :: MORE && next[last] == 0 && HAS(leaving[last], i) && i != victim && MAY_GO_BY_YIELD(i) -> remove(i)
  :: MORE && next[last] == 0 && HAS(leaving[last], i) && i != victim && told[i] == NOTHING && MAY_GO_BY_END(i) -> remove(i)
#ifdef LIFTED
  :: MORE && next[last] == 0 && HAS(leaving[last], i) -> lift(i)
#endif
#ifdef ENDED
  :: i != victim && told[i] != NOTHING && HAS(IN_FORCE, i) -> forget(i)
  :: told[i] == NOTHING -> told[i] = last
#endif
  fi
}

active proctype coordinator() {
  atomic {
    members[0] = FIRST; number[0] = 1;
    if :: victim = 0 :: victim = NODES - 1 fi   /* those that are members at first are alike */
  };
end:
  do
  :: atomic { coordinate(0) }
  :: atomic { coordinate(1) }
  :: atomic { coordinate(2) }
  :: atomic { coordinate(3) }
#ifdef FIVE
  :: atomic { coordinate(4) }
#endif
  :: atomic { MORE && next[last] != 0 && (owners & TOLD) == owners && MAY_COMMIT -> commit() }
  od
}

inline learn_from(i) {
  told[i] != NOTHING && number[told[i]] > number[known] -> known = told[i]
}

active proctype agent() {
end:
  do
  :: atomic { known != last -> known = last }
  :: atomic { learn_from(0) }
  :: atomic { learn_from(1) }
  :: atomic { learn_from(2) }
  :: atomic { learn_from(3) }
#ifdef FIVE
  :: atomic { learn_from(4) }
#endif
  /* By ZooKeeper's word. */
  :: atomic { !lease && known == last && !HAS(leaving[known], victim) -> lease = true }
  /* By the word of members. */
  :: atomic { !HAS(leaving[known], victim) && PROVEN && !(lease && removed == 0) ->
       lease = true;
       assert(removed == 0 || known >= removed) }
  od
}
