-- The index of an item from 0; null for a step that is no item (see tasker.steps).
-- called by: claimed_rows, sort_done, return_steps, end_waits, task_rows, resume_maps, fire_children, lease_steps. No
--   SET options, so that the planner inlines it.
create or replace function tasker.item_index(p_step_no int) returns int
language sql immutable parallel safe
as 'select case when p_step_no >= 10000 then p_step_no / 10000 - 1 end';
