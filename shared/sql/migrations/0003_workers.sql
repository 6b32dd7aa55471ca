-- What a worker was asked to do: `drain`: to claim nothing more; `stop`: to end after that.
create type tasker.worker_command as enum ('drain', 'stop');

-- A worker by its name. `instance`: a number that each process chooses, so that one whose name another process uses
-- now learns it. `handlers`: the names that it registered; {}: it did not say. `ended_at`: when it ended, unless it was
-- killed. Long lists of handlers are outside of the row, which each renewal copies.
create table tasker.workers (
    worker_id    int generated always as identity primary key,
    name         text not null unique,
    namespaces   text[] not null,
    slots        int not null,
    handlers     text[] not null,
    version      text not null,
    instance     bigint not null,
    started_at   timestamptz not null,
    last_seen_at timestamptz not null, -- renewed at each third of the worker's lease, also while idle
    command      tasker.worker_command,
    ended_at     timestamptz,
    constraint worker_has_a_name check (length(name) between 1 and 200),
    constraint worker_has_slots check (slots >= 1)
) with (fillfactor = 50);
