-- Sets the time when a worker was last seen. A worker that was not seen for a lease is probably gone.
-- called by: the worker, every third of its lease and at least every 20 s, even while it holds nothing.
-- locks: the worker's row.
create or replace function tasker.renew_last_seen(p_worker int) returns void
language plpgsql
set search_path = ''
as $$
declare
    v_now timestamptz := tasker.clock();
begin
    update tasker.workers w set last_seen_at = v_now where w.worker_id = p_worker;
end;
$$;
