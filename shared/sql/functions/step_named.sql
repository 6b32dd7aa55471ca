-- The number of a step of a template. It has no SET options: it runs under those of its caller.
-- called by: rerun_task.
-- raises: TK001 there is none: the message lists the steps, the first 50 if there are more.
create or replace function tasker.step_named(p_template_id int, p_name text) returns int
language plpgsql stable
as $$
declare
    c_most_listed constant int := 50;
    v_step  int;
    v_names text;
    v_count bigint;
begin
    if p_name is null then
        raise exception 'from: is missing: the name of a step' using errcode = 'TK001';
    end if;
    select d.step_no into v_step from tasker.template_steps d
    where d.template_id = p_template_id and d.name = p_name and d.undoes is null;
    if found then
        return v_step;
    end if;
    select string_agg(d.name, ', ' order by d.step_no) filter (where d.step_no < c_most_listed), count(*)
    into v_names, v_count
    from tasker.template_steps d where d.template_id = p_template_id and d.undoes is null;
    raise exception 'from: the template has no step "%"; its steps are %', p_name,
        v_names || case when v_count > c_most_listed then format(', and %s more', v_count - c_most_listed) else '' end
        using errcode = 'TK001';
end;
$$;
