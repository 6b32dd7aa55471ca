-- Checks the labels of a new task.
-- called by: create_task. The orchestrator checks them before it calls create_tasks.
-- raises: TK001.
create or replace function tasker.check_labels(p_labels json) returns void
language plpgsql immutable
set search_path = ''
as $$
declare
    v_label record;
    v_count bigint;
begin
    if json_typeof(p_labels) <> 'object' then
        raise exception 'labels: must be an object, not %', p_labels using errcode = 'TK001';
    end if;
    for v_label in select l.key, l.value from json_each(p_labels) l loop
        if v_label.key !~ '^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$' then
            raise exception 'labels.%: the name must be 1 to 128 letters, digits, "_", "-" or ".", a letter or digit first', v_label.key
                using errcode = 'TK001';
        end if;
        if v_label.key like 'tasker.%' then
            raise exception 'labels.%: names that begin with "tasker." are reserved', v_label.key using errcode = 'TK001';
        end if;
        if json_typeof(v_label.value) <> 'string' or octet_length(v_label.value #>> '{}') not between 1 and 255 then
            raise exception 'labels.%: must be a string of 1 to 255 bytes', v_label.key using errcode = 'TK001';
        end if;
    end loop;
    select count(*) into v_count from json_object_keys(p_labels);
    if v_count > 16 then
        raise exception 'labels: must have at most 16 labels, not %', v_count using errcode = 'TK001';
    end if;
end;
$$;
