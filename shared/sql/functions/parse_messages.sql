-- The steps that messages name. Messages of other programs become null.
-- called by: claim_steps and open_tasks, where a cast of all texts failed: this is slower; held_steps, lost_steps,
--   ready_steps.
create or replace function tasker.parse_messages(
    p_task_ids text[], p_step_nos text[], out task_ids uuid[], out step_nos int[])
language plpgsql immutable
set search_path = ''
as $$
begin
    select array_agg(case when u.t ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then u.t::uuid end),
           array_agg(case when u.n ~ '^\d{1,10}$' and u.n::bigint <= 2147483647 then u.n::int end)
    into task_ids, step_nos
    from unnest(p_task_ids, p_step_nos) u(t, n);
end;
$$;
