-- What is paused (decision 0135): a task, or all tasks of a template (`template`: its name) or a namespace; everything
-- where all three are null.
create table tasker.pauses (
    pause_id     bigint generated always as identity primary key,
    namespace_id bigint,
    template     text,
    task_id      uuid,
    paused_at    timestamptz not null,
    by           text, -- as the caller said
    reason       text
);

create unique index paused_once on tasker.pauses
    (coalesce(namespace_id, 0), coalesce(template, ''), coalesce(task_id, '00000000-0000-0000-0000-000000000000'));
-- For delete_tasks.
create index pauses_by_task on tasker.pauses (task_id);
