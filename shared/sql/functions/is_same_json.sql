-- Whether two texts of JSON have the same value: the order of keys, blanks and the forms of numbers do not count.
-- called by: may_resolve, edit_task.
-- Texts that jsonb cannot store are equal only if they have the same characters.
create or replace function tasker.is_same_json(p_one json, p_other json) returns boolean
language plpgsql immutable parallel safe
set search_path = ''
as $$
begin
    return p_one::text is not distinct from p_other::text or coalesce(p_one::jsonb = p_other::jsonb, false);
exception when data_exception or program_limit_exceeded then
    return false;
end;
$$;
