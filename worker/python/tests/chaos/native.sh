#!/bin/sh
# A handler for the C++ worker, run by tasker.shell: notes its run as handlers.py does.
now() { date +%s.%N; }
run=$(tr -d - </proc/sys/kernel/random/uuid)
saw=$(grep -o '"run":"[0-9a-f]*"' | cut -d: -f2 | paste -sd, -)
printf '{"event":"start","run":"%s","task":"%s","step":"%s","delivery":%d,"process":%d,"saw":[%s],"at":%s}\n' \
    "$run" "$TASKER_TASK_ID" "$TASKER_STEP" "$TASKER_ATTEMPT" "$PPID" "$saw" "$(now)" >>"$CHAOS_JOURNAL"
sleep 0.01
printf '{"event":"ok","run":"%s","at":%s}\n' "$run" "$(now)" >>"$CHAOS_JOURNAL"
printf '{"run":"%s"}' "$run"
