-- The items of a step with `map` or `matrix`, in the order of their indices.
-- p_state: null for all. p_after: the index of the last item of the previous page; -1 for the first page.
-- p_max_bytes: the page ends with the item that brings items, results and errors to this size, even if p_limit
--   would allow more.
-- called by: the orchestrator (GET /v1/tasks/{id}/steps/{name}/items).
-- returns: no row for an unknown task or step, and for a step that is no map or has no items yet.
-- cost: a primary-key look-up for each item that is read.
create or replace function tasker.list_items(
    p_task_id uuid, p_name text, p_state text, p_after int, p_limit int, p_max_bytes bigint default 8388608)
returns setof tasker.item_view
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    v_step  int;
    v_named boolean; -- each item is named after its combination
    v_total int;
    v_item  tasker.item_view;
    v_bytes bigint := 0::bigint;
begin
    select d.step_no, d.matrix is not null into v_step, v_named
    from tasker.tasks t
    join tasker.template_steps d on d.template_id = any (array[t.template_id]) and d.name = p_name
    where t.task_id = p_task_id;
    select m.items_total into v_total from tasker.maps m where m.task_id = p_task_id and m.step_no = v_step;
    for v_item in
        select i, format('%s[%s]', p_name, case when v_named then tasker.combination_name(s.item -> 'item') else i::text end),
               s.state::text, s.failures + (s.state in ('complete', 'in_progress'))::int, s.delivery, s.lost_leases,
               s.enqueued_at, s.started_at, s.finished_at, w.name, s.item, s.result, s.error
        from generate_series(p_after + 1, v_total - 1) i
        -- `offset 0`: decision 0113.
        cross join lateral (
            select * from tasker.steps s
            where s.task_id = p_task_id and s.step_no = tasker.item_step(v_step, i) offset 0) s
        left join tasker.workers w on w.worker_id = any (array[s.worker_id])
        where p_state is null or s.state::text = p_state
        order by i
        limit p_limit
    loop
        return next v_item;
        v_bytes := v_bytes + octet_length(v_item.item::text) + coalesce(octet_length(v_item.result::text), 0)
            + coalesce(octet_length(v_item.error::text), 0);
        exit when v_bytes >= p_max_bytes;
    end loop;
end;
$$;
