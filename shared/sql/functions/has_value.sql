-- Whether a JSON document has this text, number or boolean at a path of keys and indexes.
-- called by: search_contexts. It has no SET options: it runs under those of its caller.
-- returns: false for a document that PostgreSQL stores and cannot take apart, for example one with half a surrogate
--   pair.
create or replace function tasker.has_value(p_document json, p_path text[], p_value text) returns boolean
language plpgsql immutable
as $$
begin
    return coalesce(p_document #>> p_path = p_value, false);
exception when data_exception then
    return false;
end;
$$;
