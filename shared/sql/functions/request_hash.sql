-- What an idempotency key is bound to: the same request again has the same hash. A request that names no version stays
-- the same when a newer one is registered.
-- p_version: as the caller named it; null when the newest was asked for.
-- called by: keep_keys. Inlined by the planner.
create or replace function tasker.request_hash(
    p_namespace text, p_name text, p_version text, p_priority int2, p_context text, p_labels text)
returns bytea
language sql stable parallel safe
as $$
    select pg_catalog.sha256(pg_catalog.convert_to(
        pg_catalog.concat_ws(' ', p_namespace, p_name, coalesce(p_version, '*'), p_priority,
                             p_context::jsonb, p_labels::jsonb), 'UTF8'))
$$;
