-- The namespace_id for a pause of a namespace or a template; null for everything. It has no SET options: it runs under
-- those of its callers.
-- called by: pause_tasks, resume_tasks.
-- raises: TK001 a template without a namespace; TK002 no such namespace or template.
create or replace function tasker.paused_namespace(p_namespace text, p_template text) returns bigint
language plpgsql stable
as $$
declare
    v_namespace bigint := (select n.namespace_id from tasker.namespaces n where n.name = p_namespace);
begin
    if p_namespace is null and p_template is not null then
        raise exception 'namespace: is required beside template' using errcode = 'TK001';
    elsif p_namespace is not null and v_namespace is null then
        raise exception 'there is no namespace %', p_namespace using errcode = 'TK002';
    elsif p_template is not null and not exists (select tasker.find_templates(p_namespace, p_template, null)) then
        raise exception 'there is no template %/%', p_namespace, p_template using errcode = 'TK002';
    end if;
    return v_namespace;
end;
$$;
