-- Makes the seven functions through which the hot path reads and writes one queue's table. A function
-- that takes the queue's name as data has to plan its statements anew at each call, for four times what
-- they take (decision 0112). The settings that they are planned under are those of their callers.
-- called by: ensure_namespace; and below, for all queues, whenever the functions are replaced.
create or replace function tasker.make_queue_functions(p_queue text) returns void
language plpgsql
set search_path = ''
as $$
begin
    if p_queue !~ '^[a-z0-9_]+$' then
        raise exception 'queue "%" must be a name of a-z, 0-9 and _', p_queue using errcode = 'TK001';
    end if;
    perform tasker.add_queue_readers(p_queue), tasker.add_queue_writers(p_queue);
end;
$$;

do $$
declare
    v_namespace text;
begin
    lock table tasker.namespaces in share row exclusive mode; -- none is being made by another build
    for v_namespace in select n.name from tasker.namespaces n loop
        for v_priority in 1..4 loop
            perform tasker.make_queue_functions(tasker.queue_name(v_namespace, v_priority::int2));
        end loop;
    end loop;
end;
$$;
