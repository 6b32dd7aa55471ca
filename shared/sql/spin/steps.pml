/*
 * The rules of claim_steps, finish_steps and fire_timers as a model for Spin: claim, report, end of a lease, retry and
 * join. check.py searches all of its executions. If you change these rules in the SQL functions, change them here too.
 *
 * A task has the roots A and B and their child C. Two workers claim and report its steps, and two orchestrators fire
 * its timers. A transaction takes its row locks one by one, in the order of the SQL functions, and all of its effects
 * appear at its commit, as in PostgreSQL at READ COMMITTED. A claim takes any visible message, not only the first. The
 * budgets bound how often a process dies, how often a lease ends while its worker is alive, and how often a worker
 * loses its connection during a report. The rules bound everything else, so each execution must end.
 *
 * Left out: batches of several steps (lock_pairs_pg_test.cpp has these), crashes of the database, cancellations, and
 * the kinds of steps that wait.
 *
 * With `-D WITHOUT_<GUARD>` a guard of the SQL functions is missing, and an execution must break a promise.
 */

#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef SLOW
#define SLOW 1
#endif
#ifndef DOUBTS
#define DOUBTS 1
#endif
#define MAX_ATTEMPTS 2

#define A 0
#define B 1
#define C 2
#define NAME(s) ('A' + s)
#define PARENTS 2

mtype = { pending, enqueued, in_progress, waiting_for_retry, complete, failed };

/* Rows of tasker.steps. */
mtype state[3];
byte delivery[3], failures[3];
byte parents_done;              /* of C */
bool step_lock[3];

/* Messages of the queue. One that is leased is invisible; `seen`: its read_ct is above 0. */
bool message[3], leased[3], seen[3], message_lock[3];

/* Rows of tasker.timers. */
bool timer[3], timer_lock[3];

/* The row of tasker.tasks. */
byte steps_active, steps_waiting;
bool task_lock, ended;

/* What is left of the budgets. */
byte crashes = CRASHES, slow = SLOW, doubts = DOUBTS;

/* For the promises: no rule reads these. */
byte holder[3];                 /* the live worker that has the step; 0: none */
byte stored[3];                 /* how many results of the step were accepted */
byte readied;                   /* how often C was made ready */
byte closed;                    /* processes that have ended */

#define PROMISE(text, condition) \
    if :: condition :: else -> printf("broken: "); printf(#text); printf("\n"); assert(false) fi

inline forget(w) {              /* a worker dies with what it holds */
    holder[A] = (holder[A] == w -> 0 : holder[A]);
    holder[B] = (holder[B] == w -> 0 : holder[B]);
    holder[C] = (holder[C] == w -> 0 : holder[C])
}

inline send(s) {                /* send_<queue> or resend_<queue> */
    PROMISE(a step has at most one message, !message[s]);
    message[s] = true;
    leased[s] = false;
    seen[s] = false
}

inline lease(s, w) {            /* a delivery begins */
    PROMISE(only a step that is ready runs, state[s] == enqueued || state[s] == in_progress);
    PROMISE(a child starts after its parents, s != C || (state[A] == complete && state[B] == complete));
    state[s] = in_progress;
    delivery[s]++;
    leased[s] = true;
    seen[s] = true;
    holder[s] = w
}

inline restart() {              /* the worker has no step any more */
    s = A;
    d = 0;
    good = false;
    goto claim
}

inline accept(s, d, w) {        /* what a report must be to count */
    if
    :: good -> printf("worker %d reports %c, delivery %d: success\n", w, NAME(s), d)
    :: else -> printf("worker %d reports %c, delivery %d: failure\n", w, NAME(s), d)
    fi;
    PROMISE(each result counts exactly once, stored[s] == 0);
    PROMISE(a late or repeated report is refused, holder[s] == w)
}

inline unlock_all(s) {          /* the end of the transaction of a report */
    step_lock[s] = false;
#ifndef WITHOUT_COUNT_UNDER_LOCK
    step_lock[C] = (good && s != C -> false : step_lock[C]);
#endif
    task_lock = false;
    message_lock[s] = false
}

#ifdef WITHOUT_LEASE_CHECK
#define VISIBLE(s) (message[s] && !message_lock[s])
#else
#define VISIBLE(s) (message[s] && !message_lock[s] && !leased[s])
#endif

#ifdef WITHOUT_DELIVERY_FENCE
#define IS_LATEST(s, d) true
#else
#define IS_LATEST(s, d) (delivery[s] == d)
#endif

#ifdef WITHOUT_ONE_TRANSACTION
#define IS_STORED (good && s != C) /* by the transaction before */
#else
#define IS_STORED false
#endif

#ifdef WITHOUT_STATE_CHECK
#define IS_RUNNING(s) true
#else
#define IS_RUNNING(s) (state[s] == in_progress)
#endif

#ifdef WITHOUT_SKIP_LOCKED
#define SHOW_LOCK(w, what, s) printf("worker %d locks ", w); printf(#what); printf(" %c\n", NAME(s))
#else
#define SHOW_LOCK(w, what, s) skip
#endif

proctype worker(byte w) {
    byte s;                     /* the step that it has */
    byte d;                     /* the number of its delivery */
    byte count;                 /* parents of C that are complete, as this transaction read it */
    bool good;                  /* the handler succeeds */

claim:
    /* claim_steps: the message (skip locked), then its step. */
    if
    :: atomic { VISIBLE(A) -> s = A; message_lock[A] = true; SHOW_LOCK(w, the message of, A) }
    :: atomic { VISIBLE(B) -> s = B; message_lock[B] = true; SHOW_LOCK(w, the message of, B) }
    :: atomic { VISIBLE(C) -> s = C; message_lock[C] = true; SHOW_LOCK(w, the message of, C) }
    :: atomic { ended -> closed++; goto over }
    fi;
    if
    :: atomic { !step_lock[s] -> step_lock[s] = true }
#ifndef WITHOUT_SKIP_LOCKED
    /* unlocked_messages: a step that is being reported is left to its report. */
    :: atomic { step_lock[s] && seen[s] -> message_lock[s] = false };
       !step_lock[s] -> s = A; goto claim /* it polls later */
#endif
    fi;
    atomic {                    /* the commit */
        printf("worker %d claims %c, delivery %d\n", w, NAME(s), delivery[s] + 1);
        PROMISE(a step is not delivered again while its lease lasts, !leased[s]);
        lease(s, w);
        d = delivery[s];
        message_lock[s] = false;
        step_lock[s] = false;
handle: /* The outcome of the handler. */
        if
        :: good = true
        :: good = false
        fi
    };

report:
    /* finish_steps: the step, its child, the task, the message. */
    if
    :: atomic { crashes > 0 ->
       crashes--;
       forget(w);
       printf("worker %d dies while it runs %c\n", w, NAME(s));
       restart() }
    :: atomic { !step_lock[s] ->
       if
       :: IS_LATEST(s, d) && IS_RUNNING(s) -> step_lock[s] = true; SHOW_LOCK(w, step, s)
       :: else ->
          printf("the report of worker %d about %c, delivery %d, is refused\n", w, NAME(s), d);
          restart()
       fi }
    fi;
#ifdef WITHOUT_ONE_TRANSACTION
    /* The result and the message first, the child in a second transaction. */
    atomic { !message_lock[s] -> message_lock[s] = true };
    if
    :: good && s != C ->
       atomic {
           accept(s, d, w);
           stored[s]++;
           state[s] = complete;
           message[s] = false;
           leased[s] = false
       }
       if
       :: true
       :: atomic { crashes > 0 -> crashes--; forget(w); step_lock[s] = false; message_lock[s] = false;
          printf("worker %d dies before it counts %c as a parent of C\n", w, NAME(s));
          restart() }
       fi
    :: else
    fi;
    message_lock[s] = false;
#endif
    if
    :: good && s != C ->
#ifdef WITHOUT_COUNT_UNDER_LOCK
       atomic { count = parents_done;
       printf("worker %d has read that %d parents of C are complete\n", w, count) }
#else
       atomic { !step_lock[C] -> step_lock[C] = true; count = parents_done }
#endif
    :: else
    fi;
    atomic { !task_lock -> task_lock = true };
    atomic { !message_lock[s] -> message_lock[s] = true };
    if
    :: atomic { crashes > 0 ->
       crashes--;
       forget(w);
       unlock_all(s);
       printf("worker %d dies before the commit of its report about %c\n", w, NAME(s));
       restart() }
    :: atomic { doubts > 0 ->
       doubts--;
       unlock_all(s);
       count = 0;
       printf("worker %d loses its connection before the commit of its report about %c\n", w, NAME(s));
       goto report }
    :: atomic { true ->         /* the commit */
       if
       :: stored[s] == 1 && IS_STORED -> printf("worker %d counts %c as a parent of C\n", w, NAME(s))
       :: else -> accept(s, d, w); stored[s] = stored[s] + good
       fi;
       message[s] = false;
       leased[s] = false;
       holder[s] = 0;
       steps_active--;
       if
       :: good ->
          state[s] = complete;
          if
          :: s != C ->
             parents_done = count + 1;
             if
             :: parents_done == PARENTS ->
                PROMISE(a child is made ready exactly once, readied == 0);
                readied++;
                steps_active++;
                send(C);
                state[C] = enqueued;
                if
                :: lease(C, w); printf("worker %d continues with C\n", w)
                :: printf("C is enqueued\n")
                fi
             :: else
             fi
          :: else
          fi
       :: else ->
          failures[s]++;
          if
          :: failures[s] < MAX_ATTEMPTS ->
             state[s] = waiting_for_retry;
             timer[s] = true;
             steps_waiting++
          :: else -> state[s] = failed
          fi
       fi;
       ended = (steps_active == 0 && steps_waiting == 0);
       unlock_all(s);
       count = 0;
       if
       :: holder[C] == w -> s = C; d = delivery[C]; goto handle
       :: holder[C] != w -> restart()
       :: doubts > 0 ->         /* it does not know of the continuation either */
          doubts--;
          forget(w);
          printf("worker %d loses its connection after the commit of its report about %c\n", w, NAME(s));
          goto report
       fi }
    fi;

over:
    skip
}

inline unlock_timer(s) {        /* the end of the transaction of fire_timers */
    timer_lock[s] = false;
    step_lock[s] = false;
    task_lock = false;
    s = A;
    goto fire
}

proctype orchestrator(byte o) {
    byte s;

fire:
    /* fire_timers: the timer (skip locked), its step, the task. */
    if
#ifdef WITHOUT_TIMER_DELETE
    :: atomic { timer[A] && state[A] == waiting_for_retry -> s = A }
    :: atomic { timer[B] && state[B] == waiting_for_retry -> s = B }
    :: atomic { timer[C] && state[C] == waiting_for_retry -> s = C }
#else
    :: atomic { timer[A] && !timer_lock[A] -> s = A; timer_lock[A] = true }
    :: atomic { timer[B] && !timer_lock[B] -> s = B; timer_lock[B] = true }
    :: atomic { timer[C] && !timer_lock[C] -> s = C; timer_lock[C] = true }
#endif
    :: atomic { ended -> closed++; goto over }
    fi;
    atomic { !step_lock[s] -> step_lock[s] = true };
    atomic { !task_lock -> task_lock = true };
    if
    :: atomic { crashes > 0 ->
       crashes--;
       printf("orchestrator %d dies before its commit\n", o);
       unlock_timer(s) }
    :: atomic {                 /* the commit */
#ifndef WITHOUT_TIMER_DELETE
       timer[s] = false;
#endif
       if
       :: state[s] == waiting_for_retry ->
          state[s] = enqueued;
          send(s);
          steps_waiting--;
          steps_active++;
          printf("orchestrator %d enqueues the retry of %c\n", o, NAME(s))
       :: else
       fi;
       unlock_timer(s) }
    fi;

over:
    skip
}

#define LEASE_MAY_END(s) (message[s] && leased[s] && (holder[s] == 0 || slow > 0))

inline end_lease(s) {
    slow = (holder[s] == 0 -> slow : slow - 1);
    leased[s] = false;
    printf("the lease of %c ends\n", NAME(s))
}

proctype clock() {
    do
    :: atomic { LEASE_MAY_END(A) -> end_lease(A) }
    :: atomic { LEASE_MAY_END(B) -> end_lease(B) }
    :: atomic { LEASE_MAY_END(C) -> end_lease(C) }
    :: atomic { ended -> closed++; break }
    od
}

init {
    atomic {                    /* create_tasks */
        state[A] = enqueued;
        state[B] = enqueued;
        state[C] = pending;
        send(A);
        send(B);
        steps_active = 2;
        run worker(1);
        run worker(2);
        run orchestrator(1);
        run orchestrator(2);
        run clock()
    };
    closed == 5;
    printf("the task has ended: A %e, B %e, C %e\n", state[A], state[B], state[C]);
    PROMISE(no message is left, !message[A] && !message[B] && !message[C]);
    PROMISE(no timer is left, !timer[A] && !timer[B] && !timer[C]);
    PROMISE(a step has a result if it is complete, stored[A] == (state[A] == complete)
            && stored[B] == (state[B] == complete) && stored[C] == (state[C] == complete));
    if
    :: state[A] == complete && state[B] == complete ->
       PROMISE(a child whose parents are complete ends, state[C] == complete || state[C] == failed)
    :: else -> PROMISE(a child of a failed parent does not run, state[C] == pending)
    fi
}
