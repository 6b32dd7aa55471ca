-- The context of a child task: that of its `workflow` with the values of its placeholders.
-- called by: start_children, and tasker.testing in Python. It has no SET options: it runs under those of its callers.
-- p_context: null for none. p_known, p_item: see fill_placeholders.
-- returns: the context, or the error of the step.
create or replace function tasker.child_context(
    p_context json, p_known json, p_item json, out context json, out error json)
language plpgsql immutable
as $$
begin
    context := tasker.fill_placeholders(coalesce(p_context, '{}'), p_known, p_item);
exception when others then -- a context must not fail the reports of other steps
    error := json_build_object('type', 'invalid_placeholder', 'message', format('workflow.context: %s', sqlerrm));
end;
$$;
