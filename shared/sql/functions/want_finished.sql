-- Says whether this session wants the notifications about finished tasks (channel tasker_finished). While no
-- session does, none are sent, because a notification wakes every listening session of the database
-- (decision 0119). Tasks that finish before this call commits may not be announced: look at them afterwards.
-- called by: the orchestrator, on its listening session, while requests wait for tasks; SQL users that listen.
-- locks: finished_lock(), shared, until the session ends or calls this with false.
create or replace function tasker.want_finished(p_wanted boolean) returns void
language plpgsql
set search_path = ''
as $$
begin
    if p_wanted then
        perform pg_advisory_lock_shared(tasker.finished_lock());
    else
        perform pg_advisory_unlock_shared(tasker.finished_lock());
    end if;
end;
$$;
