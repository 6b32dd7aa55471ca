-- How long ago a time was, for people: "12 s", "3 min", "5 h", "2 d".
-- called by: explain_task, explain_step, explain_pause, the functions diagnose_…. It has no SET options: it runs under those of its callers.
create or replace function tasker.age_text(p_since timestamptz, p_now timestamptz) returns text
language plpgsql immutable
as $$
declare
    v_seconds bigint := greatest(0, extract(epoch from p_now - p_since))::bigint;
begin
    return case when v_seconds < 120 then v_seconds || ' s'
                when v_seconds < 7200 then v_seconds / 60 || ' min'
                when v_seconds < 172800 then v_seconds / 3600 || ' h'
                else v_seconds / 86400 || ' d' end;
end;
$$;
