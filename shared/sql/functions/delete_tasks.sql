-- Deletes finished tasks with all their rows. Messages of theirs that are still in a queue are dropped when they next
-- turn up. It has no SET options: it runs under those of its caller.
-- called by: prune_families.
-- raises: lock_not_available.
create or replace function tasker.delete_tasks(p_task_ids uuid[]) returns void
language plpgsql
as $$
begin
    -- `any (array[…])`: decision 0113.
    delete from tasker.idempotency_keys k
    using tasker.tasks t, tasker.templates p
    where t.task_id = any (p_task_ids) and t.idempotency_key is not null and p.template_id = any (array[t.template_id])
          and k.namespace_id = any (array[p.namespace_id]) and k.key = any (array[t.idempotency_key])
          and k.task_id = t.task_id;
    delete from tasker.task_labels l
    using tasker.tasks t, jsonb_each_text(t.labels) n(name, value)
    where t.task_id = any (p_task_ids) and t.labels is not null
          and l.name = any (array[n.name]) and l.value = any (array[n.value]) and l.task_id = any (array[t.task_id]);
    delete from tasker.unsuccessful_tasks u using tasker.tasks t
    where t.task_id = any (p_task_ids) and u.state = any (array[t.state]) and u.task_id = any (array[t.task_id]);
    delete from tasker.timers d where d.task_id = any (p_task_ids);
    delete from tasker.pauses x where x.task_id = any (p_task_ids);
    delete from tasker.task_events e where e.task_id = any (p_task_ids);
    delete from tasker.step_progress n where n.task_id = any (p_task_ids);
    delete from tasker.attempts a where a.task_id = any (p_task_ids);
    delete from tasker.repetitions r where r.task_id = any (p_task_ids);
    delete from tasker.maps m where m.task_id = any (p_task_ids);
    delete from tasker.signals s where s.task_id = any (p_task_ids);
    delete from tasker.signal_waits w where w.task_id = any (p_task_ids);
    delete from tasker.child_tasks c where c.task_id = any (p_task_ids);
    delete from tasker.steps s where s.task_id = any (p_task_ids);
    delete from tasker.tasks t where t.task_id = any (p_task_ids);
end;
$$;
