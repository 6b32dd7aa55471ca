-- How large the results may be, as JSON text, that are joined into one object: a step's inputs, a task's
-- result. Far below the 1 GiB that PostgreSQL builds at most, for the sake of those who hold them.
-- called by: claimed_rows, task_rows.
create or replace function tasker.joined_bytes_limit() returns int
language sql immutable
as 'select 67108864';
