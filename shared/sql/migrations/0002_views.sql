-- The rows that functions return: for workers and for the API.

-- A step that is handed to a worker, by a claim or as a continuation of its report. Where a report is
-- `refused`, only queue, msg_id, task_id, step_no and delivery are set: those of the report.
-- `context` is null if another row of the same call has it. `parents` is {"<parent's name>": <its result>, …}. It is null for a root, and where parents_bytes is above
-- joined_bytes_limit(): the worker fails such a step permanently. `parent_states`, if the template is dynamic:
-- {"<parent's name>": "complete", …}; then `parents` has only the complete ones. `alone`: the worker runs it only when it
-- holds nothing else. `repetition`: of a step with `repeat`, {"iteration": 2, "previous": <the last result>}.
-- `item`: of an item of a map, see tasker.steps; its name has its index: resize[17].
-- `settings`: template_steps.worker_settings.
-- `checkpoint`: the last one that an earlier attempt noted.
create type tasker.claimed_step as (
    refused          boolean,
    queue            text,
    msg_id           bigint,
    task_id          uuid,
    step_no          int,
    delivery         int,
    max_attempts     int,
    failures         int,
    lost_leases      int,
    alone            boolean,
    timeout_ms       bigint,
    name             text,
    handler          text,
    handler_method   text,
    initialization   json,
    namespace        text,
    template_name    text,
    template_version text,
    priority         int2,
    context          json,
    parents          json,
    parents_bytes    int,
    parent_states    json,
    repetition       json,
    item             json,
    settings         json,
    checkpoint       json
);

-- A child task that the handler of a step answered. `n`: the number of its report; template_id: null for an unknown
-- template; `collect`: its failure does not fail the step.
create type tasker.wanted_child as (
    n           bigint,
    key         text,
    template    text,
    template_id int,
    priority    int2,
    context     text,
    collect     boolean
);

-- A task as the API shows it.
create type tasker.task_view as (
    task_id         uuid,
    namespace       text,
    name            text,
    version         text,
    state           text,
    priority        int2,
    idempotency_key text,
    context         json,
    steps_total     int,
    steps_complete  int,
    steps_failed    int,
    created_at      timestamptz,
    started_at      timestamptz,
    finished_at     timestamptz,
    result          json,
    parent_task     uuid,
    parent_step     text,
    child_key       text,
    compensation    text,
    error           json,
    labels          json,
    hook_task       uuid, -- that its end created
    budget          json,
    spent           json,
    retries         json, -- [{"at": …, "by": …, "reason": …}, …]; null: none
    paused          boolean,
    rerun_of        uuid,
    rerun_as        json -- [{"task_id": …, "from": …, "at": …, "by": …, "reason": …}, …]; null: none
);

-- A step as the API shows it. waiting_for: retry, time, signal, items or children; null if it does not wait.
-- items_…: of a map that has items, how many it has, and how many are complete and failed permanently.
-- progress, message: see tasker.step_progress.
create type tasker.step_view as (
    name         text,
    step_no      int,
    state        text,
    attempts     int,
    max_attempts int,
    deliveries   int,
    lost_leases  int,
    dependencies json,
    enqueued_at  timestamptz,
    started_at   timestamptz,
    finished_at  timestamptz,
    worker       text,
    result       json,
    error        json,
    waiting_for  text,
    waits_until  timestamptz,
    items_total    int,
    items_complete int,
    items_failed   int,
    compensation   json, -- {"state": …, "attempts": …, "error": …}
    progress     json,
    message      text,
    reason       text, -- why it was skipped, or will never run
    history      json, -- see step_history
    priority     int2, -- null: that of the task
    resolved_by  json -- see step_resolution; null: no user resolved it
);

-- An item of a map as the API shows it.
create type tasker.item_view as (
    index       int,
    name        text,
    state       text,
    attempts    int,
    deliveries  int,
    lost_leases int,
    enqueued_at timestamptz,
    started_at  timestamptz,
    finished_at timestamptz,
    worker      text,
    item        json,
    result      json,
    error       json
);

-- A step that waits for a signal as the API shows it.
create type tasker.signal_wait_view as (
    task_id          uuid,
    step_no          int,
    step             text,
    namespace        text,
    template_name    text,
    template_version text,
    name             text,
    key              text,
    waiting_since    timestamptz,
    deadline         timestamptz,
    quorum           int,
    received         int,
    schema           json,
    form             json
);

-- A worker as the API shows it.
create type tasker.worker_view as (
    worker_id         int,
    name              text,
    namespaces        text[],
    slots             int,
    handlers          text[],
    version           text,
    state             text, -- see worker_state
    command           text, -- drain, stop, or null
    started_at        timestamptz,
    last_seen_at      timestamptz,
    steps_in_progress int
);

-- What diagnose found, for people.
create type tasker.finding as (
    severity text, -- error, warning, info
    subject  text,
    sentence text,
    hint     text
);
