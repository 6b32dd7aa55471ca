-- Notes that a worker has ended, so that it is shown as gone immediately.
-- p_instance: as it registered. A process whose name another one uses now changes nothing.
-- called by: a worker that ends and holds no step.
-- locks: the worker's row.
create or replace function tasker.end_worker(p_worker int, p_instance bigint) returns void
language plpgsql
set search_path = ''
as $$
declare
    v_now timestamptz := tasker.clock();
begin
    update tasker.workers w set ended_at = v_now where w.worker_id = p_worker and w.instance = p_instance;
end;
$$;
