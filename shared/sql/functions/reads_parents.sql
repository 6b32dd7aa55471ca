-- Whether an SQL/JSON path may read the results of parents: it has a `$` that begins no variable.
-- called by: repeat_outcome, judge_run.
create or replace function tasker.reads_parents(p_path text) returns boolean
language sql immutable parallel safe
as $$ select p_path ~ '[$](?![a-z"])' $$;
