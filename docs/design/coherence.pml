/*
 * The coherence protocol of the cache, for the model checker Spin.
 *
 * One key that depends on TAGS tags; two writers with one transaction each; two readers that read for ever; and the
 * rest of the world, which does at any moment whatever the protocol has to bear. A process that crashes is one that
 * makes no further step: every run in which somebody stops anywhere is among those examined. There are no counters:
 * a stamp that nothing refers to any more is used again, so the states are finitely many, and runs of any length
 * are covered.
 *
 * The result of the query is the set of the writes that it reflects. A read has to reflect every write that was
 * acknowledged before it started.
 *
 * Holes, each of which has to be found:
 *   NAIVE          no marks and no stamps: the value is deleted after COMMIT
 *   NO_MARK        stamps, but destroyed after COMMIT only
 *   STAMPS_LATE    the stamps are read after the snapshot that they are stored with
 *   H1             a load is shared by key alone
 *   H1_BYPASS      loads that bypass a mark are shared as well
 *   H3             a clock ends a mark
 *   H4             one flag instead of a set of marks
 *   H5             no run_id in the namespace, and a Redis that comes back with what it had saved
 *   H22            a marked tag may be evicted
 *   NO_CHECK       a writer is acknowledged without asking whether its marks outlived the COMMIT
 *   CUT_OFF        a mark that reaches no Redis, or one that has been replaced, while readers use another
 * What is asked:
 *   STRONG         every write that was visible before the read started, acknowledged or not
 *   REACH_x        fails as soon as x happens: shows that the model does not hold merely because nothing is ever hit
 * Other settings:
 *   BIRTH          instead of the check after COMMIT: a new Redis takes no fills until the transactions that ran at
 *                  its birth are over
 *   NO_LOSS        Redis never loses its memory
 *   PLAIN          a value is read before the stamps, not in one step with the last of them
 */

#ifndef TAGS
#define TAGS 2
#endif
#define LAST (TAGS - 1)

/* Sets of writers are bits. The first writer touches all tags, the second only the last one. */
#define BIT(w) (1 << (w))
#define BOTH 3
#define TOUCHES(w, t) ((w) == 0 || (t) == LAST)

/* ---- the database ---- */

#define IDLE 0
#define RUNNING 1
#define COMMITTED 2
#define ABORTED 3

byte status[2];
byte visible; /* the writes that a snapshot taken now shows */
byte acked;   /* the writes whose callers know of it */

/* ---- Redis: per tag a stamp, or marks, or nothing (0 and no marks); one value with the stamps of its load ---- */

bool up = true;
byte stamp[TAGS];
byte marks[TAGS];
byte value;
byte valueStamp[TAGS]; /* 0: there is no value */

#ifdef H5
byte savedStamp[TAGS];
byte savedMarks[TAGS];
byte savedValue;
byte savedValueStamp[TAGS];
#define SAVED(n, t) (n == savedStamp[t] || n == savedValueStamp[t])
#else
#define SAVED(n, t) false
#endif

#ifdef BIRTH
#define OPEN 0
#define NEW 1
#define WAITING 2
byte opening;
byte born; /* the transactions that were in progress when the database was asked */
#define CLOSED (opening != OPEN)
#define STILL_RUNS(w) ((born & BIT(w)) != 0 && status[w] == RUNNING)
#else
#define CLOSED false
#endif

/* ---- what the processes know ---- */

bool cut[2];          /* a mark of this writer was lost with its Redis, or could not be made */
byte given[2 * TAGS]; /* the stamps that a reader was given by the Redis of now; 0: none */
byte floor[2];        /* the writes that a reader has to reflect */
byte loaded[2];       /* what the snapshot of its load showed */
byte load[2];         /* 0: none; 1: one that the other reader may join; 2: one that it has joined */

#define GIVEN(r, t) given[(r) * TAGS + (t)]

#ifdef PLAIN
byte seen[2]; /* the value that a reader has read before it asks for stamps, and the stamps of its load */
byte seenStamp[2 * TAGS];
#define SEEN(r, t) seenStamp[(r) * TAGS + (t)]
#define IS_SEEN(n, t) (n == SEEN(0, t) || n == SEEN(1, t))
#else
#define IS_SEEN(n, t) false
#endif
#define OTHER(r) (1 - (r))
#define REFLECTS(data, r) ((floor[r] & ~(data)) == 0)

#ifdef STRONG
#define OWED visible
#else
#define OWED acked
#endif

#ifdef NAIVE
#define NO_MARK
#define IS_HIT(r) (valueStamp[0] != 0)
#else
#define IS_HIT(r) (valueStamp[0] == GIVEN(r, 0) && valueStamp[LAST] == GIVEN(r, LAST))
#endif

#define SAME_STAMPS(r, q) (GIVEN(r, 0) == GIVEN(q, 0) && GIVEN(r, LAST) == GIVEN(q, LAST))
#if defined(H1)
#define MAY_JOIN(r, q) true
#elif defined(H1_BYPASS)
#define MAY_JOIN(r, q) SAME_STAMPS(r, q)
#else
#define MAY_JOIN(r, q) (GIVEN(r, 0) != 0 && SAME_STAMPS(r, q))
#endif

#if defined(NO_CHECK) || defined(BIRTH)
#define HAS_TO_TOUCH(w) false
#elif defined(NO_MARK)
#define HAS_TO_TOUCH(w) true
#else
#define HAS_TO_TOUCH(w) cut[w]
#endif

#if defined(REACH_HIT)
#define ON_HIT(r) assert(floor[r] != BOTH)
#elif defined(REACH_RECOVERY)
bool orphaned; /* a transaction ended between its mark and its COMMIT */
#define ON_HIT(r) assert(!orphaned)
#else
#define ON_HIT(r) skip
#endif

#ifdef REACH_JOIN
#define ON_JOINED(r) assert(floor[r] != BOTH)
#else
#define ON_JOINED(r) skip
#endif

/* ---- what Redis does in one step ---- */

#define IN_USE(n, t) (n == valueStamp[t] || n == GIVEN(0, t) || n == GIVEN(1, t) || IS_SEEN(n, t) || SAVED(n, t))

/* A stamp that nobody has: random in the implementation, here the smallest that is free. */
inline mint(t) {
  stamp[t] = 1;
  do
  :: IN_USE(stamp[t], t) -> stamp[t]++
  :: else -> break
  od
}

inline release(w, t) {
  stamp[t] = 0;
#ifdef H4
  marks[t] = 0
#else
  marks[t] = marks[t] & ~BIT(w)
#endif
}

inline forgetValue() {
  value = 0;
  valueStamp[0] = 0;
  valueStamp[LAST] = 0
}

inline forgetTags() {
  stamp[0] = 0;
  stamp[LAST] = 0;
  marks[0] = 0;
  marks[LAST] = 0
}

/* ---- a write ---- */

active [2] proctype Writer() {
  byte t;

#ifdef BIRTH
  atomic { status[_pid] == IDLE -> status[_pid] = RUNNING }
#endif
#ifndef NO_MARK
  do
  :: d_step { t < TAGS && TOUCHES(_pid, t) && up -> stamp[t] = 0; marks[t] = marks[t] | BIT(_pid); t++ }
  /* Redis is down. Policy 'commit' goes on without the mark; policy 'fail' is a writer that stops here. */
  :: d_step { t < TAGS && TOUCHES(_pid, t) && !up -> cut[_pid] = true; t++ }
#ifdef CUT_OFF
  :: d_step { t < TAGS && TOUCHES(_pid, t) && up -> t++ }
#endif
  :: d_step { t < TAGS && !TOUCHES(_pid, t) -> t++ }
  :: t == TAGS -> break
  od;
#endif
  atomic { status[_pid] == RUNNING -> status[_pid] = COMMITTED; visible = visible | BIT(_pid); t = 0 }
  /*
   * The answer to one command sent after COMMIT tells whether the marks outlived it. If not, what was filled
   * meanwhile has to go before the acknowledgement; a Redis that is down has nothing that would have to go.
   */
  do
  :: d_step {
      HAS_TO_TOUCH(_pid) && t < TAGS ->
      if
      :: TOUCHES(_pid, t) && up ->
        stamp[t] = 0;
#ifdef NAIVE
        forgetValue()
#endif
      :: else
      fi;
      t++
    }
  :: atomic { !HAS_TO_TOUCH(_pid) || t == TAGS -> acked = acked | BIT(_pid); cut[_pid] = false; t = 0; break }
  od
  /* The release comes at any time after COMMIT, from this writer or from anybody else, or never: see the world. */
}

/* ---- a read ---- */

#define ME (_pid - 2)

inline finish() {
#ifdef PLAIN
  seen[ME] = 0;
  SEEN(ME, 0) = 0;
  SEEN(ME, LAST) = 0;
#endif
  floor[ME] = 0;
  loaded[ME] = 0;
  GIVEN(ME, 0) = 0;
  GIVEN(ME, LAST) = 0
}

/*
 * The stamp of a tag, minted when it is missing. Without an answer, or with a mark, the database is asked and nothing
 * is stored; that answer reflects everything, so there is nothing to model, unless somebody could join such a load.
 */
inline ask(t) {
  if
  :: !up || CLOSED || (t > 0 && GIVEN(ME, 0) == 0) -> finish(); goto idle
  :: else
  fi;
  if
  :: marks[t] == 0 && stamp[t] == 0 -> mint(t)
  :: marks[t] == 0 && stamp[t] != 0
#ifdef H1_BYPASS
  :: marks[t] != 0 -> GIVEN(ME, 0) = 0; goto miss
#else
  :: marks[t] != 0 -> finish(); goto idle
#endif
  fi;
  GIVEN(ME, t) = stamp[t]
}

/*
 * A load shows what is visible at its start: a later snapshot could only reflect more. It is shared until its value
 * is stored, and two readers are in one process or not: a load that could be joined need not be.
 */
active [2] proctype Reader() {
end:
idle:
  /* The floor is that of the first answer, which may come as soon as the read has started: no other is higher. */
  atomic {
    floor[ME] = OWED;
#ifdef PLAIN
    seen[ME] = value;
    SEEN(ME, 0) = valueStamp[0];
    SEEN(ME, LAST) = valueStamp[LAST]
  }
  atomic {
#endif
    ask(0)
#if TAGS > 1
  }
  atomic {
    ask(1)
#endif
    ;
    if
#ifdef PLAIN
    :: SEEN(ME, 0) == GIVEN(ME, 0) && SEEN(ME, LAST) == GIVEN(ME, LAST) ->
      ON_HIT(ME);
      assert(REFLECTS(seen[ME], ME));
      finish();
      goto idle
#endif
    :: IS_HIT(ME) -> ON_HIT(ME); assert(REFLECTS(value, ME)); finish(); goto idle
    :: else
    fi;
miss:
    if
    :: load[OTHER(ME)] == 1 && MAY_JOIN(ME, OTHER(ME)) -> load[OTHER(ME)] = 2; goto joined
    :: loaded[ME] = visible; load[ME] = 1; assert(REFLECTS(loaded[ME], ME)); floor[ME] = 0
    fi
  }
  atomic {
    if
    :: load[ME] == 2 -> ON_JOINED(OTHER(ME)); assert(REFLECTS(loaded[ME], OTHER(ME)))
    :: else
    fi;
    load[ME] = 0;
#ifdef STAMPS_LATE
    GIVEN(ME, 0) = (marks[0] == 0 -> stamp[0] : 0);
    GIVEN(ME, LAST) = (marks[LAST] == 0 -> stamp[LAST] : 0);
#endif
    if
    :: up && GIVEN(ME, 0) != 0 && GIVEN(ME, LAST) != 0 ->
      value = loaded[ME];
      valueStamp[0] = GIVEN(ME, 0);
      valueStamp[LAST] = GIVEN(ME, LAST)
    :: skip
    fi;
    finish();
    goto idle
  }
joined:
  atomic { load[OTHER(ME)] != 2 -> finish(); goto idle }
}

/* ---- everything else that happens ---- */

#define HAS_MARK(w) (((marks[0] | marks[LAST]) & BIT(w)) != 0)

/* Whoever holds something of a Redis that is gone finds another run_id, at the latest with the next answer. */
inline lose(w) {
  cut[w] = cut[w] || (status[w] == RUNNING && HAS_MARK(w));
#ifndef H5
  GIVEN(w, 0) = 0;
  GIVEN(w, LAST) = 0
#endif
}

/* A transaction may end without its writer's doing: a crash, a rollback, a terminated backend. */
inline abort(w) {
  status[w] = ABORTED;
#ifdef REACH_RECOVERY
  orphaned = orphaned || HAS_MARK(w)
#endif
}

active proctype World() {
#ifndef BIRTH
  d_step { status[0] = RUNNING; status[1] = RUNNING }
#endif
end:
  do
  :: d_step { status[0] == RUNNING -> abort(0) }
  :: d_step { status[1] == RUNNING -> abort(1) }
  /* Marks of a transaction that has ended, and of no other, are released by anybody. */
  :: d_step { (marks[0] & BIT(0)) != 0 && status[0] != RUNNING -> release(0, 0) }
  :: d_step { (marks[LAST] & BIT(0)) != 0 && status[0] != RUNNING -> release(0, LAST) }
  :: d_step { (marks[LAST] & BIT(1)) != 0 && status[1] != RUNNING -> release(1, LAST) }
  /* Eviction takes stamps and values, and no marks: their keys have no expiry. */
  :: d_step { stamp[0] != 0 -> stamp[0] = 0 }
  :: d_step { stamp[LAST] != 0 -> stamp[LAST] = 0 }
  :: d_step { valueStamp[0] != 0 -> forgetValue() }
#ifdef H22
  :: d_step { marks[LAST] != 0 -> marks[LAST] = 0 }
#endif
#ifdef H3
  :: d_step { (marks[LAST] & BIT(1)) != 0 && status[1] == RUNNING -> release(1, LAST) }
#endif
#ifndef NO_LOSS
  :: d_step { up -> lose(0); lose(1); up = false; forgetTags(); forgetValue() }
  :: d_step {
      !up ->
      up = true;
#ifdef H5
      stamp[0] = savedStamp[0];
      stamp[LAST] = savedStamp[LAST];
      marks[0] = savedMarks[0];
      marks[LAST] = savedMarks[LAST];
      value = savedValue;
      valueStamp[0] = savedValueStamp[0];
      valueStamp[LAST] = savedValueStamp[LAST];
#endif
#ifdef BIRTH
      opening = NEW;
      born = 0;
#endif
    }
#endif
#ifdef H5
  :: d_step {
      up ->
      savedStamp[0] = stamp[0];
      savedStamp[LAST] = stamp[LAST];
      savedMarks[0] = marks[0];
      savedMarks[LAST] = marks[LAST];
      savedValue = value;
      savedValueStamp[0] = valueStamp[0];
      savedValueStamp[LAST] = valueStamp[LAST]
    }
#endif
#ifdef BIRTH
  :: d_step {
      up && opening == NEW ->
      opening = WAITING;
      born = (status[0] == RUNNING -> BIT(0) : 0) | (status[1] == RUNNING -> BIT(1) : 0)
    }
  :: d_step { up && opening == WAITING && !STILL_RUNS(0) && !STILL_RUNS(1) -> opening = OPEN; born = 0 }
#endif
  od
}
