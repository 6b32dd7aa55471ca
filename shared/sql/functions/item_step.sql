-- The number that an item of a map has as a step (see tasker.steps).
-- p_index: of the item, from 0.
-- called by: begin_maps, send_items, end_map, stop_map, list_items, steps_to_retry, resume_maps, forget_maps,
--   items_result. No SET options, so that the planner inlines it.
create or replace function tasker.item_step(p_step_no int, p_index int) returns int
language sql immutable parallel safe
as 'select p_step_no + 10000 * (p_index + 1)';
