-- Makes a function of a queue from a text in which `:queue` is the queue's name.
-- called by: add_queue_readers, add_queue_writers.
create or replace function tasker.add_queue_function(p_queue text, p_text text) returns void
language plpgsql
set search_path = ''
as $$
declare
    v_text text := replace(p_text, ':queue', p_queue);
begin
    execute v_text;
exception when invalid_function_definition then
    -- A function of another build with another return type.
    execute 'drop function ' || substring(v_text from 'function ([^(]+)');
    execute v_text;
end;
$$;
