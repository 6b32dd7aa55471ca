-- The tables of the workflow core.
--
-- Hot tables (tasks, steps) have no foreign keys and only the primary key as index: so every state
-- change is a HOT update, and a row costs one index entry in its life. The functions, which are the
-- only writers, keep the promises of foreign keys.

create type tasker.task_state as enum
    ('pending', 'running', 'waiting', 'failed', 'complete', 'cancelled');

create type tasker.step_state as enum
    ('pending', 'enqueued', 'in_progress', 'waiting_for_retry', 'complete', 'failed', 'cancelled', 'skipped', 'waiting');

-- children: the handler answered child tasks. finish, fail_task: it ended the run of its task, with a result or an
-- error.
create type tasker.outcome as enum (
    'success', 'retryable_failure', 'permanent_failure', 'children', 'finish', 'fail_task');

create type tasker.join_rule as enum ('all_complete', 'none_failed', 'any_complete', 'all_done', 'any_failed');

create type tasker.otherwise as enum ('skip', 'fail');

create type tasker.step_kind as enum ('handler', 'sleep', 'signal', 'map', 'workflow');

create type tasker.compensation_state as enum ('running', 'complete', 'failed');

create type tasker.backoff as enum ('none', 'linear', 'exponential', 'fibonacci');

create table tasker.namespaces (
    namespace_id bigint generated always as identity primary key,
    name         text not null unique,
    created_at   timestamptz not null,
    constraint namespace_name_makes_a_queue_name
        check (name ~ '^[a-z][a-z0-9_]{0,31}$' and name !~ '__' and name !~ '_$')
);

-- A template never changes once it is registered. `definition` is what the API returns. `result`: how mapped_result
-- makes the result of a task, [{"literal": text, then, but for the last part, "step_no": of the step whose result
-- is read (absent: the context), "path": [key, …], "whole": the value becomes JSON and not part of a string,
-- "otherwise": JSON for an absent value}, …]; null: the results of the leaves by name. `hooks`: what runs when a task
-- ends, {"failed": {"template_id": of the hook task, "url", "secret": of a webhook}, "complete": …}; null: nothing.
create table tasker.templates (
    template_id      int generated always as identity primary key,
    namespace_id     bigint not null references tasker.namespaces,
    namespace        text not null,
    name             text not null,
    version          text not null,
    environment      text not null,
    hash             text not null,
    definition       json not null,
    has_input_schema boolean not null,
    steps_total      int not null,
    roots            int[] not null,
    leaves           int[] not null,
    is_dynamic       boolean not null, -- see template_steps
    has_dynamic_roots boolean not null, -- a root has a condition or a priority, or is no handler
    result           json,
    has_compensation boolean not null default false, -- some steps have `compensate`
    timeout_ms       bigint, -- of a task
    hooks            json,
    budget           jsonb, -- of a task, {"<unit>": <amount>, …}
    has_priorities   boolean not null default false, -- some steps have `priority`
    created_at       timestamptz not null,
    constraint template_is_named_once unique (namespace_id, name, version),
    constraint template_has_steps check (steps_total between 1 and 10000),
    constraint template_has_roots check (cardinality(roots) > 0)
);

-- The compiled steps of a template, its environment's overrides applied. `child_parents[i]` is the
-- number of parents of `children[i]`, so that finishing a step reads one row, not one for each child.
-- A template is dynamic if one of its steps has a join rule other than all_complete, a condition, allow_failure,
-- repeat, compensate, events, a priority, or another kind than handler: then advance_dynamic decides what runs. `sleep`,
-- `repeat`, `map`, `matrix`, `workflow` and `signal`: these keys of the step as JSON. `child_template`: the template that
-- `workflow` names. `priority`: of its queue; null: that of the task.
-- `events`: [{"name": …, "condition": success, failure or always, "delivery_mode": durable or fast}, …].
-- `worker_settings`: {"<key>": <value>, …}, what only the worker reads.
-- Undo steps have numbers from steps_total on; `undoes` is the number of the step that each of them undoes. Their graph
-- is the reverse of the steps'. One without a handler undoes nothing, and only keeps the order of the others.
create table tasker.template_steps (
    template_id     int not null references tasker.templates,
    step_no         int not null,
    name            text not null,
    parents         int[] not null,
    children        int[] not null,
    child_parents   int[] not null,
    kind            tasker.step_kind not null,
    handler         text, -- null: the step is no handler
    handler_method  text,
    initialization  json not null,
    retryable       boolean not null,
    max_attempts    int not null,
    backoff         tasker.backoff not null,
    backoff_base_ms bigint not null,
    max_backoff_ms  bigint not null,
    retry_only      text[], -- types of errors
    retry_except    text[],
    jitter          boolean not null,
    timeout_ms      bigint,
    join_rule       tasker.join_rule not null,
    condition       jsonpath,
    otherwise       tasker.otherwise not null,
    allow_failure   boolean not null,
    sleep           json,
    repeat          json,
    map             json,
    matrix          json, -- all combinations
    workflow        json,
    child_template  int,
    signal          json,
    priority        int2,
    worker_settings json,
    events          json,
    undoes          int,
    primary key (template_id, step_no),
    constraint step_is_named_once unique (name, template_id),
    constraint handler_has_a_name check (kind <> 'handler' or handler is not null or undoes is not null),
    constraint step_has_attempts check (max_attempts >= 1),
    constraint children_know_their_parents check (cardinality(children) = cardinality(child_parents)),
    constraint backoff_is_not_negative check (backoff_base_ms >= 0 and max_backoff_ms >= 0),
    constraint timeout_is_positive check (timeout_ms > 0),
    constraint priority_has_a_queue check (priority between 1 and 4)
);

-- One run of a template. A claim does not write its row: a pending task is running if a step has a row, and
-- it started when its first root did; `started_at` is set only where the root's row no longer has that time
-- (decision 0120). `steps_active` counts its enqueued and in_progress steps, and those waiting for items or child
-- tasks; `steps_waiting` those waiting for a time or a signal: the task has finished when both are zero.
-- `compensation`: null until the first undo step of a failed or cancelled task is enqueued, or the compensation of its
-- child tasks. While it is `running`, the counts are those of the undo steps; both zero: it waits for its children.
-- `error`: why a task failed that none of its steps failed. `ended_by`: the step (or item) that ended the run: nothing
-- starts after that, and its result is that of the task.
-- A context beyond some 200 bytes is moved out of line once, so that updates do not copy it. parent_…, child_key and
-- depth (1: the parent is no child task) are those of a child task, see child_tasks; null in others.
-- `budget_task`: the task from whose budget this one spends: that of the parent, or itself; null: there is none.
-- `budget`: that of its template. `spent`: what the steps of the task and of its child tasks spent, by unit.
create table tasker.tasks (
    task_id         uuid primary key,
    template_id     int not null,
    state           tasker.task_state not null,
    priority        int2 not null,
    steps_active    int not null,
    steps_waiting  int not null,
    steps_failed    int not null,
    created_at      timestamptz not null,
    started_at      timestamptz,
    finished_at     timestamptz,
    idempotency_key text,
    labels          jsonb, -- {"team": "a"}; null: none
    context         json not null,
    parent_task     uuid,
    parent_step     int,
    child_key       text,
    depth           int2,
    compensation    tasker.compensation_state,
    error           json,
    has_hooks       boolean, -- true: its template has hooks; false: only a time limit; null: neither
    budget_task     uuid,
    budget          jsonb,
    spent           jsonb,
    ended_by        int,
    retries         int, -- how often it was retried; null: never
    reruns          int, -- how often it was rerun; null: never
    rerun_of        uuid, -- the task that this one is a rerun of
    is_dynamic      boolean, -- true: its steps are, because a user changed them (decision 0138); null: as its template
    constraint priority_has_a_queue check (priority between 1 and 4),
    constraint counts_are_not_negative
        check (steps_active >= 0 and steps_waiting >= 0 and steps_failed >= 0)
) with (fillfactor = 40, toast_tuple_target = 256);

-- What users did with tasks: `retry`, `pause`, `resume`, `resolve`, `priority`, `edit`; `rerun_as`, and `rerun_of` of the
-- new task. `detail` of these two: {"task_id": the other task, "from": the step, "key": the idempotency key or null}; of
-- `priority`: {"from": 2, "to": 3}.
-- `step_no`: of the step that was resolved, whose finished_at is `at`.
create table tasker.task_events (
    task_id  uuid not null,
    event_id bigint generated always as identity,
    kind     text not null,
    at       timestamptz not null,
    by       text, -- as the caller said
    reason   text,
    detail   jsonb,
    step_no  int,
    primary key (task_id, event_id)
);

-- The labels of tasks, for lists by label.
create table tasker.task_labels (
    name    text not null,
    value   text not null,
    task_id uuid not null,
    primary key (name, value, task_id)
);

-- The tasks that failed or were cancelled, so that lists of them do not read the whole history.
create table tasker.unsuccessful_tasks (
    state   tasker.task_state not null,
    task_id uuid not null,
    primary key (state, task_id)
);

create table tasker.idempotency_keys (
    namespace_id bigint not null,
    key          text not null,
    task_id      uuid not null,
    request_hash bytea not null,
    primary key (namespace_id, key)
);

-- A step has a row from the moment its first parent completes (a root: from its first claim).
-- Without a row it is pending, a root enqueued. `delivery` fences results: it grows with every claim. `failures`
-- counts reported failures, `lost_leases` the claims whose lease ended without a report,
-- `lost_alone` those of them whose handler ran alone in its worker; `alone`: this claim must run
-- alone (decision 0506). `started_at`: when this claim's handler started; null while the step waits
-- in the worker. `dynamic`: its template is, or its task is or has a budget. A pending step whose parents have all ended
-- will never run.
-- `parents_bytes` is the size of the parents' results as JSON text, 2147483647 for
-- more than that. `has_progress`: step_progress may have a row of this step.
-- An item of a map has a row like a step (decision 0125). Its number is that of the step + 10000 × (its index + 1), and
-- `item` is what its handler gets: {"index": 17, "item": …}, or {"items": [{"index": …, "item": …}, …]} with batch_size.
create table tasker.steps (
    task_id       uuid not null,
    step_no       int not null,
    template_id   int not null,
    parents_total int not null,
    parents_done  int not null,
    delivery      int not null default 0,
    failures      int not null default 0,
    lost_leases   int not null default 0,
    lost_alone    int not null default 0,
    parents_bytes int not null default 0,
    worker_id     int,
    state         tasker.step_state not null,
    alone         boolean not null default false,
    dynamic       boolean not null default false,
    has_progress  boolean not null default false,
    enqueued_at   timestamptz,
    started_at    timestamptz,
    finished_at   timestamptz,
    result        json,
    error         json,
    item          json,
    old_failures  int, -- those before the last retry of the task; null: none
    primary key (task_id, step_no),
    constraint parents_are_counted_once check (parents_done <= parents_total)
) with (fillfactor = 40);

-- What handlers noted about steps that have not ended: a checkpoint, which the next attempt gets, and how far they are
-- (0 to 1, and a message for people). `delivery` and `note` order the notes. `spent`: what this delivery spent by unit.
create table tasker.step_progress (
    task_id    uuid not null,
    step_no    int not null,
    delivery   int not null,
    note       int not null,
    checkpoint json,
    progress   double precision,
    message    text,
    spent      jsonb,
    primary key (task_id, step_no),
    constraint progress_is_a_share check (progress between 0 and 1)
) with (fillfactor = 50);

-- Attempts of steps, not of items, that did not succeed and were not the last: `failed` with an error, or `lost`: the worker
-- did not report before its lease ended. The last failure of a step is in its row.
create table tasker.attempts (
    task_id    uuid not null,
    step_no    int not null,
    ended_at   timestamptz not null,
    attempt    int not null,
    delivery   int not null,
    worker_id  int,
    started_at timestamptz,
    outcome    text not null,
    error      json,
    primary key (task_id, step_no, ended_at)
);

-- The steps with `repeat` that ran at least once without meeting their condition: how many runs finished, and the
-- result of the last one.
create table tasker.repetitions (
    task_id  uuid not null,
    step_no  int not null,
    finished int not null,
    previous json not null,
    primary key (task_id, step_no)
);

-- A map that has items. `items_sent` counts those that were enqueued, in the order of their indices, and `items_open`
-- those of them that have not ended. The step fails if more than `most_failures` items fail; -1: an item failed the
-- task. `is_refused`: it stopped because the budget was exhausted. `is_skipped`: the run of the task was ended, so no
-- other item starts. `result_bytes` is the size of the items' results as JSON text.
create table tasker.maps (
    task_id        uuid not null,
    step_no        int not null,
    batch_size     int not null,
    max_parallel   int not null,
    most_failures  int not null,
    has_children   boolean not null, -- each item is a child task
    is_refused     boolean not null default false,
    items_total    int not null,
    items_sent     int not null,
    items_open     int not null,
    items_complete int not null default 0,
    items_failed   int not null default 0,
    result_bytes   bigint not null default 0,
    is_skipped     boolean not null default false,
    primary key (task_id, step_no)
) with (fillfactor = 40);

-- `child`, `child_failed`: a child task of the step is complete, or has failed or was cancelled. `again`: the next
-- attempt of a step whose child failed, or its next run with `repeat`, is due. `paused`: an enqueued step whose message
-- was taken out of its queue until the pause ends.
create type tasker.timer_kind as enum (
    'retry', 'repeat', 'sleep', 'deadline', 'child', 'child_failed', 'again', 'task_deadline', 'paused');

-- Events of steps at a later time: the hot queues contain only steps that can run now. A step that
-- becomes due for a retry or a repetition returns to its queue with the number of its last message, so it runs
-- before the steps that were enqueued after it (decision 0118). Other kinds have neither. A task's deadline has
-- step_no -1. Those of paused tasks that were due are held (see is_held).
create table tasker.timers (
    due_at  timestamptz not null,
    task_id uuid not null,
    step_no int not null,
    kind    tasker.timer_kind not null,
    queue   text,
    msg_id  bigint,
    constraint only_messages_return
        check ((kind in ('retry', 'repeat', 'paused')) = (queue is not null) and (queue is null) = (msg_id is null)),
    primary key (due_at, task_id, step_no, kind)
);

-- For first_<queue>, which raise_floor calls.
create index timers_by_message on tasker.timers (queue, msg_id);
-- For lists of waiting tasks and steps.
create index timers_by_task on tasker.timers (task_id, step_no);

-- The child tasks of steps: of each attempt of a step (which had this many failures) one for `workflow`, with the key
-- '', or those that its handler answered. A child that was complete belongs to several attempts.
-- `collect`: its failure does not fail the step. attempt: below 0 for the children of earlier runs of a step with `repeat`.
create table tasker.child_tasks (
    task_id  uuid not null, -- the parent
    step_no  int not null,
    key      text not null,
    attempt  int not null,
    child_id uuid not null,
    collect  boolean not null,
    primary key (task_id, step_no, key, attempt)
);

-- Rows of hot tables turn over fast: trigger autovacuum at 5 % instead of 20 %.
alter table tasker.tasks set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
alter table tasker.steps set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

-- A name of a signal is unique in a template.
create unique index signal_is_named_once on tasker.template_steps (template_id, (signal ->> 'name'))
    where signal is not null;

-- The signals that steps received, some before they began to wait. `key`: the idempotency key.
create table tasker.signals (
    task_id     uuid not null,
    step_no     int not null,
    key         text not null,
    received_at timestamptz not null,
    sender      text,
    payload     json not null,
    primary key (task_id, step_no, key)
);

-- The steps that wait for a signal. `key`: the correlation key.
create table tasker.signal_waits (
    task_id      uuid not null,
    step_no      int not null,
    namespace_id bigint not null,
    name         text not null,
    key          text,
    has_form     boolean not null,
    since        timestamptz not null,
    primary key (task_id, step_no)
);

create index signal_waits_by_key on tasker.signal_waits (namespace_id, name, key, task_id, step_no)
    where key is not null;

-- The signals with a correlation key of the last 24 hours. `is_kept`: no step waited for it yet.
create table tasker.keyed_signals (
    namespace_id    bigint not null,
    name            text not null,
    key             text not null,
    idempotency_key text not null,
    received_at     timestamptz not null,
    is_kept         boolean not null,
    sender          text,
    payload         json not null,
    primary key (namespace_id, name, key, idempotency_key)
);

-- For expire_keyed_signals.
create index keyed_signals_by_time on tasker.keyed_signals (received_at);
